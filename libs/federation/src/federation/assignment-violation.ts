import { heldLimits } from '@fedamole/assignment';
import type { ExpertAssignment } from '../results.js';
import type { Federation } from './state.js';

/**
 * Says in words what is wrong with an assignment that an aggregator reports, or null where it obeys the federation's
 * limits: every client and module, indices ascending and below E, each expert held by exactly k clients, and each client
 * holding b_min to b_max experts, or its equal share.
 */
export function assignmentViolation(assignment: ExpertAssignment, federation: Federation): string | null {
  const { experts, expertChoices } = federation.configuration;
  const [least, most] = heldLimits({ ...federation.configuration, clients: federation.clients.length });
  const unknown = Object.keys(assignment).find((client) => !federation.clients.includes(client));
  if (unknown !== undefined) return `names "${unknown}", which is not part of the federation`;
  for (const module of federation.modules) {
    const holders = new Array<number>(experts).fill(0);
    for (const client of federation.clients) {
      const held = Object.hasOwn(assignment, client) ? assignment[client]?.[module.name] : undefined;
      if (!held) return `says nothing of client "${client}" and module "${module.name}"`;
      if (held.length < least || held.length > most) {
        return `gives client "${client}" ${held.length} experts of "${module.name}"; allowed are ${least} to ${most}`;
      }
      let previous = -1;
      for (const expert of held) {
        if (expert <= previous || expert >= experts) {
          return `gives client "${client}" expert ${expert} of "${module.name}" out of order or beyond ${experts - 1}`;
        }
        holders[expert] = (holders[expert] ?? 0) + 1;
        previous = expert;
      }
    }
    const wrong = holders.findIndex((count) => count !== expertChoices);
    if (wrong >= 0) {
      return `gives expert ${wrong} of "${module.name}" to ${holders[wrong]} clients instead of ${expertChoices}`;
    }
  }
  return null;
}
