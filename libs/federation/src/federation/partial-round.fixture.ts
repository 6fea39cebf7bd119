/**
 * A federation of three or four clients in which every expert is held by two, for tests of rounds that not everybody
 * answers: six experts, two to six of them a client.
 */
import { federationConfiguration, resolveConfiguration } from '../configuration.js';
import type { FederationConfigurationInput } from '../configuration.js';
import type { AggregationResult, ExpertAssignment } from '../results.js';
import type { CreateFederation, FederationCommand } from './commands.js';
import type { FederationEvent } from './events.js';
import { baseline, create, digestOf, start, trained } from './federation.fixture.js';
import type { Federation } from './state.js';

export const members = ['ana', 'ben', 'cem'];
const settings = { rounds: 3, experts: 6, expertChoices: 2, minExperts: 2, maxExperts: 6 };

export function creating(
  changes: FederationConfigurationInput = {},
  clients: readonly string[] = members,
): CreateFederation {
  const configuration = resolveConfiguration(
    federationConfiguration.parse({ ...settings, ...changes }),
    clients.length,
  );
  return { ...create, clients, configuration };
}

/** Six experts, two holders each, given out by turns. */
export function assigned(clients: readonly string[]): ExpertAssignment {
  const held = new Map(clients.map((client) => [client, [] as number[]]));
  for (let pick = 0; pick < 12; pick += 1) held.get(clients[pick % clients.length] ?? '')?.push(Math.floor(pick / 2));
  return Object.fromEntries([...held].map(([client, experts]) => [client, { 'layers.0.q_proj': experts }]));
}

export function merged(clients: readonly string[] | null, letter = 'b'): AggregationResult {
  const next = clients === null ? null : { assignment: assigned(clients), scores: digestOf('f') };
  return { pool: digestOf(letter), next, poolBytes: 100, seconds: 1 };
}

export const trains = (client: string, round: number, attempt = 1): FederationCommand => ({
  type: 'RecordTraining',
  round,
  client,
  attempt,
  result: trained(client.charAt(0)),
});

export const fails = (client: string, round: number, attempt = 1, reason = 'no data'): FederationCommand => ({
  type: 'RecordClientFailure',
  round,
  client,
  attempt,
  reason,
});

export const merges = (round: number, clients: readonly string[] | null, attempt = 1): FederationCommand => ({
  type: 'RecordAggregation',
  round,
  attempt,
  result: merged(clients),
});

export const passes = (round: number): FederationCommand => ({ type: 'CloseRound', round });
export const pause: FederationCommand = { type: 'PauseFederation', reason: 'maintenance' };
export const resume: FederationCommand = { type: 'ResumeFederation' };

/** Until round 1 has started. */
export function untilRoundOne(changes: FederationConfigurationInput = {}, clients = members): FederationCommand[] {
  const baselines = clients.map((client): FederationCommand => {
    return { type: 'RecordBaseline', client, attempt: 1, result: baseline };
  });
  return [creating(changes, clients), start, ...baselines, merges(0, clients)];
}

export function roundIn(state: object, number: number): Federation['rounds'][number] {
  const round = (state as Federation).rounds[number];
  if (!round) throw new Error(`there is no round ${number}`);
  return round;
}

/** The data of the only event of a type among these. */
export function only(events: readonly FederationEvent[], type: FederationEvent['type']): FederationEvent['data'] {
  const found = events.filter((event) => event.type === type);
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`${found.length} events of type ${type}`);
  return first.data;
}
