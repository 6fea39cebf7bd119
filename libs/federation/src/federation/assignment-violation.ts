import { heldLimits } from '@fedamole/assignment';
import type { FederationConfiguration } from '../configuration.js';
import type { AdaptedModule, ExpertAssignment } from '../results.js';

/** Those who take part in a round, and the limits under which experts are assigned to them. */
export interface AssignmentRules {
  readonly modules: readonly AdaptedModule[];
  readonly clients: readonly string[];
  readonly configuration: FederationConfiguration;
}

/**
 * Says in words what is wrong with an assignment that an aggregator reports, or null where it obeys the round's
 * limits: every client and module, indices ascending and below E, each expert held by exactly k clients, and each client
 * holding b_min to b_max experts, or its equal share.
 */
export function assignmentViolation(assignment: ExpertAssignment, rules: AssignmentRules): string | null {
  const { experts, expertChoices } = rules.configuration;
  const [least, most] = heldLimits({ ...rules.configuration, clients: rules.clients.length });
  const unknown = Object.keys(assignment).find((client) => !rules.clients.includes(client));
  if (unknown !== undefined) return `names "${unknown}", which takes no part in the round`;
  for (const module of rules.modules) {
    const holders = new Array<number>(experts).fill(0);
    for (const client of rules.clients) {
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
