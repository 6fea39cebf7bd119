/** Clients' data as far as their trainers told: how many examples, how long. A pure function of a federation's events. */
import { own } from '@fedamole/federation';
import type { DatasetResource } from './dataset-schemas.js';
import type { LoadedFederation } from './loaded-federation.js';

/** Split sizes as of the last round; the rest was measured with the base model, in round 0. */
export function describeDatasets({ federation: { clients, rounds } }: LoadedFederation): DatasetResource[] {
  return clients.flatMap((client) => {
    const baseline = rounds[0] && own(rounds[0].baselines, client);
    const results = rounds.map((round) => own(round.results, client));
    const splits = (results.findLast((result) => result !== undefined) ?? baseline)?.splits;
    if (!splits) return [];
    return [
      {
        client,
        examples: splits.train + splits.embedding + splits.validation + splits.test,
        splits,
        lengths: baseline?.lengths ?? null,
        distinctTestAnswers: baseline?.distinctTestAnswers ?? null,
        mostFrequentAnswerRougeL: baseline?.mostFrequentAnswerRougeL ?? null,
      },
    ];
  });
}
