/** Live progress: a block that is redrawn on a terminal, plain lines where there is none. */
import type { ClientProgress, Progress } from './resources.js';
import type { OutputStreams } from './command-line/output.js';
import { duration, number } from './format.js';

type Stream = OutputStreams['out'];

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** A line that stays. */
  say(line: string): void;
  /** Takes the block away. */
  end(): void;
}

export function createProgressDisplay(stream: Stream): ProgressDisplay {
  return stream.isTTY ? new RedrawnBlock(stream) : new PlainLines(stream);
}

/** How far a federation is, 0 to 1: round 0 measures only, which is about half of a round's work. */
export function completedShare({ round, rounds, clients }: Progress): number {
  const done = clients.reduce((sum, client) => sum + clientShare(client), 0) / clients.length;
  const weightOfBaseline = 0.5;
  const completed = round === 0 ? weightOfBaseline * done : weightOfBaseline + (round - 1) + done;
  return Math.min(1, completed / (weightOfBaseline + rounds));
}

/** Training takes most of a client's round; measuring the rest. */
function clientShare({ state, phase, step, steps }: ClientProgress): number {
  if (state === 'done') return 1;
  if (state !== 'running' || steps === 0 || phase === 'loading') return 0;
  return phase === 'training' ? (0.8 * step) / steps : 0.8;
}

/** Seconds that are left, from how long the share since the first look took; null while nothing can be said. */
class TimeLeft {
  private start: { time: number; share: number } | null = null;

  estimate(share: number, now = performance.now()): number | null {
    this.start ??= { time: now, share };
    const gained = share - this.start.share;
    if (gained <= 0) return null;
    return (((now - this.start.time) / gained) * (1 - share)) / 1000;
  }
}

function summary(progress: Progress, secondsLeft: number | null): string {
  const { round, rounds, clients } = progress;
  const running = clients.filter(({ state }) => state === 'running');
  const losses = running.flatMap(({ loss }) => (loss === null ? [] : [loss]));
  const speed = running.reduce((sum, { tokensPerSecond }) => sum + (tokensPerSecond ?? 0), 0);
  const parts = [
    round === 0 ? 'measuring the base model' : `round ${round} of ${rounds}`,
    `${clients.filter(({ state }) => state === 'done').length} of ${clients.length} clients done`,
    ...(losses.length > 0 ? [`loss ${number(losses.reduce((a, b) => a + b, 0) / losses.length, 2)}`] : []),
    ...(speed > 0 ? [`${number(speed, 0)} tokens/s`] : []),
    ...(secondsLeft === null ? [] : [`about ${duration(secondsLeft)} left`]),
  ];
  return parts.join(', ');
}

class RedrawnBlock implements ProgressDisplay {
  private readonly timeLeft = new TimeLeft();
  private lines = 0;

  constructor(private readonly stream: Stream) {}

  show(progress: Progress): void {
    const width = 30;
    const share = completedShare(progress);
    const filled = Math.round(share * width);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${Math.round(share * 100)} %`;
    const running = progress.clients.filter(({ state }) => state === 'running');
    this.draw([
      `${bar}  ${summary(progress, this.timeLeft.estimate(share))}`,
      ...running.map((client) => `  ${clientLine(client)}`),
    ]);
  }

  say(line: string): void {
    this.draw([]);
    this.stream.write(`${line}\n`);
  }

  end(): void {
    this.draw([]);
  }

  private draw(lines: readonly string[]): void {
    const { columns = 80 } = this.stream;
    if (this.lines > 0) this.stream.write(`\x1b[${this.lines}A\x1b[0J`);
    for (const line of lines) this.stream.write(`${line.slice(0, columns - 1)}\n`);
    this.lines = lines.length;
  }
}

function clientLine({ client, phase, step, steps, loss, tokensPerSecond }: ClientProgress): string {
  const parts = [
    client.padEnd(22),
    (phase ?? 'taken').padEnd(10),
    steps > 0 ? `${step} of ${steps}` : '',
    loss === null ? '' : `loss ${number(loss, 2)}`,
    tokensPerSecond === null ? '' : `${number(tokensPerSecond, 0)} tokens/s`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}

class PlainLines implements ProgressDisplay {
  private readonly timeLeft = new TimeLeft();
  private lastState = '';
  private lastTime = -Infinity;

  constructor(private readonly stream: Stream) {}

  /** A line whenever a client is done, and at least every ten seconds. */
  show(progress: Progress): void {
    const secondsLeft = this.timeLeft.estimate(completedShare(progress));
    const state = `${progress.round} ${progress.clients.filter((client) => client.state === 'done').length}`;
    const now = performance.now();
    if (state === this.lastState && now - this.lastTime < 10_000) return;
    this.lastState = state;
    this.lastTime = now;
    this.say(summary(progress, secondsLeft));
  }

  say(line: string): void {
    this.stream.write(`${line}\n`);
  }

  end(): void {
    this.lastState = '';
  }
}
