import { Inject, Injectable } from '@nestjs/common';
import type { AsOf } from '../federations/as-of.js';
import { loadFederation, type LoadedFederation } from '../federations/loaded-federation.js';
import { Platform } from '../platform/platform.js';
import { explainAssignment, findAssignment, type Decision } from './assignments.js';
import type { AssignmentResource, ChoiceFilter, ChoicesResource } from './schemas.js';

@Injectable()
export class AssignmentsService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async get(id: string, round: number | undefined, asOf: AsOf): Promise<AssignmentResource> {
    return findAssignment(await loadFederation(this.platform.store, id, asOf), round);
  }

  /** Not for sites: choices name everybody. */
  async explain(id: string, filter: ChoiceFilter): Promise<ChoicesResource> {
    const loaded = await loadFederation(this.platform.store, id);
    const { round } = findAssignment(loaded, filter.round);
    const decision = await this.decisionOf(loaded, round);
    const scores = await this.platform.artifacts.get(decision.assigned.scores);
    return { round, ...explainAssignment(decision, scores, filter) };
  }

  /** A fork's first assignment is its parent's: of the round after the forked one, or after the last round of that one. */
  private async decisionOf(loaded: LoadedFederation, number: number): Promise<Decision> {
    const { federation } = loaded;
    if (number === 1 && federation.parent) {
      const { federationId, round } = federation.parent;
      const parent = await loadFederation(this.platform.store, federationId);
      return this.decisionOf(parent, parent.federation.rounds[round + 1]?.assigned ? round + 1 : round);
    }
    const { scores, assignment } = findAssignment(loaded, number);
    return { federation, round: number, assigned: { scores, assignment } };
  }
}
