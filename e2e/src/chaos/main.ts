/** `npm run chaos`: federations that are disturbed come to what an undisturbed one comes to, or it exits with status 1. */
import type { ChaosCluster } from './chaos-cluster.js';
import { startChaosCluster } from './chaos-cluster.js';
import { runFederation } from './disturbed-federation.js';
import { describeDeed, drawMoments } from './moments.js';
import type { QueueBackend } from './options.js';
import { readOptions, usage } from './options.js';
import type { Row } from './table.js';
import { tableOf } from './table.js';
import type { Traces } from './traces.js';
import { differences } from './traces.js';

const say = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

class Chaos {
  private reference: Traces | null = null;
  private running: ChaosCluster | null = null;
  readonly rows: Row[] = [];
  readonly problems: string[] = [];

  constructor(private readonly seed: number) {}

  /** An undisturbed federation, then as many disturbed ones as it takes for the moments `from` to `from + count - 1`. */
  async run(asked: QueueBackend, trainers: number, from: number, count: number): Promise<void> {
    say(`queue ${asked}, ${trainers} trainer(s), ${count} moment(s)`);
    const started = await startChaosCluster(asked, trainers, say);
    this.running = started;
    const problemsBefore = this.problems.length;
    try {
      await this.disturb(started, asked, trainers, from, count);
    } catch (error) {
      this.problems.push(`${started.backend}, ${trainers} trainer(s): ${reasonOf(error)}`);
    }
    const failed = this.problems.length > problemsBefore;
    if (failed) this.problems.push(`the logs are in ${started.stateFolder}`);
    await this.stop(failed);
  }

  async stop(keepLogs: boolean): Promise<void> {
    const { running } = this;
    this.running = null;
    await running?.stop(keepLogs).catch((error: unknown) => this.problems.push(reasonOf(error)));
  }

  private async disturb(
    started: ChaosCluster,
    asked: QueueBackend,
    trainers: number,
    from: number,
    count: number,
  ): Promise<void> {
    const { backend, disk } = started;
    if (backend !== asked) say(`there is no redis-server 6.2 or later on PATH: it runs on ${backend}`);
    if (disk.unfillable !== null) say(`the disk is not filled: ${disk.unfillable}`);
    const surroundings = { queue: backend, trainers, canFillDisk: disk.unfillable === null };
    const moments = drawMoments(this.seed, from, count, surroundings);
    const undisturbed = await runFederation(started, [], () => undefined);
    this.compare(`undisturbed, ${backend}, ${trainers} trainer(s)`, undisturbed.traces);
    while (moments.length > 0) {
      const { happened, traces } = await runFederation(started, moments, ({ moment, place, seconds }) =>
        say(`${moment.number}: ${place}: ${describeDeed(moment.deed)}: went on after ${seconds.toFixed(1)} s`),
      );
      const numbers = happened.map(({ moment }) => moment.number).join(', ');
      const equal = this.compare(`disturbed at ${numbers || 'no moment'}`, traces);
      this.rows.push(...happened.map((one) => ({ ...one, queue: backend, equal })));
    }
  }

  private compare(what: string, traces: Traces): boolean {
    this.reference ??= traces;
    const found = differences(traces, this.reference);
    say(
      `${what}: ${traces.artifacts.size} artifacts and ${traces.events.length} events are ${found.length === 0 ? 'the same' : 'DIFFERENT'}`,
    );
    this.problems.push(...found.map((difference) => `${what}: ${difference}`));
    return found.length === 0;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined || error.cause === null
    ? error.message
    : `${error.message}: ${reasonOf(error.cause)}`;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) return console.log(usage);
  const { times, seed, queues, trainers } = options;
  const [disturbed = 1, ...others] = trainers;
  const chaos = new Chaos(seed);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void chaos.stop(false).finally(() => process.exit(1)));
  }
  let from = 1;
  for (const [index, queue] of queues.entries()) {
    const count = Math.floor(((index + 1) * times) / queues.length) - (from - 1);
    await chaos.run(queue, disturbed, from, count);
    from += count;
  }
  for (const number of others) await chaos.run(queues[0] ?? 'postgres', number, from, 0);
  console.log(tableOf(chaos.rows));
  for (const problem of chaos.problems) console.log(problem);
  const done = chaos.rows.length;
  console.log(
    `chaos: ${done} of ${times} moments, seed ${seed}: ${chaos.problems.length === 0 ? 'no difference' : 'FAILED'}`,
  );
  process.exitCode = chaos.problems.length === 0 && done === times ? 0 : 1;
}

await main();
