/** What a finished federation came to: a table for people and results.json for programs, from the API alone. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient } from '@fedamole/api-client';
import type { BaselineResult, EvaluationMetrics, ExpertAssignment, TrainingResult } from '@fedamole/federation';
import Table from 'cli-table3';
import { duration, mean, megabytes, number } from './format.js';
import type { Federation, Round } from './resources.js';

export interface ClientReport {
  readonly client: string;
  /** Null for a client that joined later. */
  readonly before: BaselineResult | null;
  readonly after: TrainingResult;
  /** Domain experts that it holds of each module, in the modules' order. */
  readonly heldExperts: readonly number[];
  readonly adapterFile: string;
}

export interface FederationReport {
  readonly federation: Federation;
  readonly clients: readonly ClientReport[];
  readonly pool: string;
  readonly cost: {
    readonly wallSeconds: number;
    readonly trainSteps: number;
    readonly trainTokens: number;
    readonly trainSeconds: number;
    readonly jobSeconds: number;
    readonly uploadedBytes: number;
    readonly downloadedBytes: number;
  };
}

/** Downloads the personalised adapter of everyone who answered the last round into `folder`, checks its digest, and writes results.json beside them. */
export async function collectReport(api: ApiClient, federation: Federation, folder: string): Promise<FederationReport> {
  const { id, rounds: last } = federation;
  const { rounds } = await api.call('GET /v1/federations/{id}/rounds', { path: { id } });
  const query = { round: String(last) };
  const { assignment } = await api.call('GET /v1/federations/{id}/assignments', { path: { id }, query });
  const adapters = join(folder, 'adapters');
  await mkdir(adapters, { recursive: true });
  const clients: ClientReport[] = [];
  for (const { client, result: after } of clientsOf(rounds, last)) {
    if (after === null) continue;
    const before = clientsOf(rounds, 0).find((entry) => entry.client === client)?.baseline ?? null;
    const bytes = await api.download('GET /v1/federations/{id}/adapters/{client}', { path: { id, client } });
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== after.adapter)
      throw new Error(`the adapter of ${client} has digest ${actual}, its event says ${after.adapter}`);
    const adapterFile = join(adapters, `${client}.safetensors`);
    await writeFile(adapterFile, bytes);
    clients.push({ client, before, after, heldExperts: heldCounts(federation, assignment, client), adapterFile });
  }
  const report = { federation, clients, pool: poolOf(rounds, last), cost: costOf(federation, rounds) };
  await writeFile(join(folder, 'results.json'), `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

/** What each participant of a round came to. */
const clientsOf = (rounds: readonly Round[], round: number): Round['clients'] =>
  rounds.find((candidate) => candidate.round === round)?.clients ?? [];

function heldCounts({ modules }: Federation, assignment: ExpertAssignment, client: string): number[] {
  return modules.map(({ name }) => assignment[client]?.[name]?.length ?? 0);
}

function poolOf(rounds: readonly Round[], last: number): string {
  const pool = rounds.find(({ round }) => round === last)?.aggregated?.pool;
  if (pool === undefined) throw new Error(`round ${last} was not aggregated`);
  return pool;
}

function costOf({ startedAt, finishedAt }: Federation, rounds: readonly Round[]): FederationReport['cost'] {
  const results = rounds.flatMap(({ clients }) => clients.flatMap(({ result }) => result ?? []));
  const baselines = rounds.flatMap(({ clients }) => clients.flatMap(({ baseline }) => baseline ?? []));
  const total = <T>(items: readonly T[], of: (item: T) => number): number =>
    items.reduce((sum, item) => sum + of(item), 0);
  return {
    wallSeconds: (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000,
    trainSteps: total(results, ({ steps }) => steps),
    trainTokens: total(results, ({ trainTokens }) => trainTokens),
    trainSeconds: total(results, ({ trainSeconds }) => trainSeconds),
    jobSeconds: total(results, ({ seconds }) => seconds) + total(baselines, ({ seconds }) => seconds),
    uploadedBytes: total(results, ({ adapterBytes }) => adapterBytes),
    // the pool that a round starts from is the one of the round before
    downloadedBytes: total(rounds.slice(1), ({ round, clients }) => {
      const pool = rounds.find((candidate) => candidate.round === round - 1)?.aggregated?.poolBytes ?? 0;
      return pool * clients.length;
    }),
  };
}

export function renderReport({ clients, cost, pool }: FederationReport, folder: string): string {
  const accuracies = clients.some(({ after }) => after.metrics.choiceAccuracy !== null);
  const table = new Table({
    head: [
      ...['client', 'test loss', 'ROUGE-L', ...(accuracies ? ['accuracy'] : []), 'most frequent', 'distinct'],
      ...['experts held per module', 'adapter'],
    ],
    colAligns: [
      'left',
      'right',
      'right',
      ...(accuracies ? (['right'] as const) : []),
      'right',
      'right',
      'left',
      'left',
    ],
    style: { head: [], border: [] },
  });
  const measured = (of: readonly ClientReport[]): string[] => [
    change(of, ({ testLoss }) => testLoss),
    change(of, ({ rougeL }) => rougeL),
    ...(accuracies ? [change(of, ({ choiceAccuracy }) => choiceAccuracy)] : []),
    shown(of.flatMap(({ before }) => before?.mostFrequentAnswerRougeL ?? [])),
  ];
  for (const report of clients) {
    const { client, before, after, heldExperts } = report;
    const distinct = before === null ? '-' : `${before.distinctTestAnswers} of ${before.splits.test}`;
    table.push([client, ...measured([report]), distinct, heldText(heldExperts), after.adapter.slice(0, 12)]);
  }
  table.push(['mean', ...measured(clients), '', '', '']);
  return [
    table.toString(),
    'test loss: nats per token; ROUGE-L: F1 of greedy answers on unseen inputs; each before -> after.',
    ...(accuracies ? ['accuracy: share of unseen inputs whose answer is the likeliest of their choices.'] : []),
    "most frequent: ROUGE-L of always giving the training data's most frequent answer; distinct: answers in the test split.",
    '',
    `Cost: ${duration(cost.wallSeconds)} from start to end; ${number(cost.trainSteps, 0)} optimiser steps on ` +
      `${number(cost.trainTokens, 0)} tokens in ${duration(cost.trainSeconds)} of training ` +
      `(${duration(cost.jobSeconds)} of trainer time with measuring); ` +
      `${megabytes(cost.uploadedBytes)} of adapters sent up, ${megabytes(cost.downloadedBytes)} of experts sent down.`,
    `Pool of experts after the last round: ${pool}`,
    `Personalised adapters and results.json: ${folder}`,
  ].join('\n');
}

/** Means before and after over the clients that measured it; before they joined, some measured nothing. */
function change(clients: readonly ClientReport[], of: (metrics: EvaluationMetrics) => number | null): string {
  const [before, after] = [
    clients.flatMap((client) => (client.before && of(client.before.metrics)) ?? []),
    clients.flatMap((client) => of(client.after.metrics) ?? []),
  ];
  return before.length === 0 && after.length === 0 ? '-' : `${shown(before)} -> ${shown(after)}`;
}

const shown = (values: readonly number[]): string => (values.length === 0 ? '-' : number(mean(values), 2));

/** All counts where they fit, else their range. */
function heldText(counts: readonly number[]): string {
  if (counts.length <= 16) return counts.join(' ');
  return `${Math.min(...counts)} to ${Math.max(...counts)} of ${counts.length} modules`;
}
