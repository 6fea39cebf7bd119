/** What is told of where clients' jobs are: only that nobody can run one, and the end of that. */
import type { PlacementCommand } from './commands.js';
import type { FederationEvent } from './events.js';
import { own } from './records.js';
import { attemptOf, awaitedClients } from './round.js';
import type { Federation } from './state.js';

/** Told once an attempt and only of jobs that are waited for: whatever else comes changes nothing. */
export function recordPlacement(command: PlacementCommand, federation: Federation): FederationEvent[] {
  const { id: federationId, status, left } = federation;
  const { client, attempt } = command;
  const round = federation.rounds[command.round];
  if (status !== 'running' || command.round !== federation.round || !round?.started) return [];
  if (attempt !== attemptOf(round, client) || !awaitedClients(round, left).includes(client)) return [];
  const told = own(round.unplaced, client)?.attempt === attempt;
  const about = { federationId, round: round.round, client, attempt };
  if (command.type === 'RecordPlaced')
    return told ? [{ type: 'ClientJobPlaced', data: { ...about, trainerPool: command.trainerPool } }] : [];
  if (told) return [];
  return [{ type: 'ClientJobUnplaced', data: { ...about, reason: command.reason, trainers: [...command.trainers] } }];
}
