/** `fedamole workers` and `fedamole queues`: who is alive, what runs, and what waits. */
import { command } from '../command-line/command.js';
import { textTable } from '../command-line/text-table.js';
import { duration, number } from '../format.js';
import type { ParkedJob, Queue, Worker } from '../resources.js';

export const workers = [
  command({
    words: 'workers',
    summary: 'Show the trainers and aggregators that live: what each can, what it runs, and how fast.',
    examples: [['workers --json | jq ".workers[].trainer.clients"', 'whose data are reached']],
    async run({ api, output }) {
      const answer = await (await api()).call('GET /v1/workers', {});
      output.result(answer, () => shown(answer.workers, Date.now()));
      if (!answer.current) output.note('The queue cannot be read now: these are the workers that were seen last.');
    },
  }),
  command({
    words: 'queues',
    summary: 'Show how full the queues are, and the jobs that failed for good and can be retried.',
    examples: [['queues --json | jq ".parked[].error"', 'why jobs failed for good']],
    async run({ api, output }) {
      const answer = await (await api()).call('GET /v1/queues', {});
      output.result(answer, () => [queueTable(answer.queues), parkedTable(answer.parked)].filter(Boolean).join('\n\n'));
    },
  }),
];

function shown(all: readonly Worker[], now: number): string {
  if (all.length === 0) return 'No worker lives.';
  const headings = ['worker', 'pool', 'device', 'threads', 'memory', 'labels', 'clients', 'up', 'runs'];
  const problems = all.flatMap(({ id, problems: found }) => found.map((problem) => `PROBLEM: ${id} ${problem}`));
  return [
    textTable(
      headings,
      all.map((worker) => rowOf(worker, now)),
    ),
    ...problems,
  ].join('\n');
}

function rowOf({ id, trainer, startedAt, jobs }: Worker, now: number) {
  const memory = trainer?.memoryBytes ?? null;
  return [
    id,
    trainer?.pool,
    trainer?.device,
    trainer?.threads,
    memory === null ? null : `${number(memory / 2 ** 30, 1)} GiB`,
    trainer?.labels.join(' ') || null,
    trainer === null ? null : listed(trainer.clients),
    since(startedAt, now),
    jobs.map((job) => jobWords(job, now)).join('; ') || null,
  ];
}

function jobWords(
  { id, since: taken, phase, step, steps, tokensPerSecond }: Worker['jobs'][number],
  now: number,
): string {
  return [
    id,
    phase === null ? '' : phase + (steps > 0 ? ` ${step} of ${steps}` : ''),
    tokensPerSecond === null ? '' : `${number(tokensPerSecond, 0)} tokens/s`,
    `for ${since(taken, now)}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** Names in a cell; `--json` has all of them. */
const namedAtMost = 4;

function listed(names: readonly string[]): string {
  const more = names.length - namedAtMost;
  return names.slice(0, namedAtMost).join(' ') + (more > 0 ? ` and ${more} more` : '');
}

const since = (time: string, now: number): string => duration(Math.max(0, (now - Date.parse(time)) / 1000));

function queueTable(queues: readonly Queue[]): string | null {
  if (queues.length === 0) return null;
  const headings = ['queue', 'workers', 'waiting', 'delayed', 'running', 'completed', 'failed', 'oldest waits'];
  const rows = queues.map(({ name, workers: live, jobs, oldestAgeSeconds: age }) => [
    ...[name, live, jobs.waiting, jobs.delayed, jobs.running, jobs.completed, jobs.failed],
    age === null ? null : duration(age),
  ]);
  return textTable(headings, rows);
}

function parkedTable(parked: readonly ParkedJob[]): string {
  if (parked.length === 0) return 'No job is parked.';
  const headings = ['parked in', 'round', 'client', 'attempt', 'since', 'error'];
  const rows = parked.map((job) => [job.federation, job.round, job.client, job.attempt, job.failedAt, job.error]);
  const advice = '"fedamole federations retry FEDERATION CLIENT --round N" gives one another attempt.';
  return `${textTable(headings, rows)}\n\n${advice}`;
}
