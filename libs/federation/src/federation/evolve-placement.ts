import type { PlacementEvent } from './events.js';
import { without } from './records.js';
import { replaceRound } from './replace-round.js';
import type { Federation } from './state.js';

export function evolvePlacement(federation: Federation, event: PlacementEvent): Federation {
  const { round, client, attempt } = event.data;
  return replaceRound(federation, round, (before) => {
    const others = without(before.unplaced, client);
    if (event.type === 'ClientJobPlaced') return { ...before, unplaced: others };
    return { ...before, unplaced: { ...others, [client]: { attempt, reason: event.data.reason } } };
  });
}
