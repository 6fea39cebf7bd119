/**
 * Reverse selection of one module, from scores to who holds what, against HiGHS on the same linear program. HiGHS reads the
 * program from a text; what it takes for that, told in every turn by a run without time for solving, is taken off its figure.
 */
import { assignExperts, objective, softmaxOverClients, type AssignmentLimits } from '@fedamole/assignment';
import { seededRandom } from '@fedamole/seeded-random';
import highs from 'highs';
import { rank } from './adapters.js';
import { linearProgram } from './assignment-program.js';
import { BenchmarkError } from './benchmark-error.js';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import { race, type Contender } from './contender.js';
import { median } from './median.js';

/** Experts and clients; the second is the one whose figures are the result. */
const sizes = [
  [300, 100],
  [600, 200],
  [1500, 500],
] as const;
const COMPARED = 1;
/** So many assignments in a row are a turn: a round makes one for every module. */
const MODULES = 8;
/** Most that the two optima may differ, relatively: HiGHS keeps to its constraints within 1e-7. */
const TOLERANCE = 1e-7;

type Solver = Awaited<ReturnType<typeof highs.default>>;
/** The package's types describe its CommonJS build; its ES module exports the loader itself. */
const loadHighs = highs as unknown as typeof highs.default;

interface Problem {
  readonly scores: number[][];
  readonly limits: AssignmentLimits;
}

export const assignment: Benchmark = {
  name: 'assignment',
  summary:
    "reverse selection of 600 experts and 200 clients (and of 300x100 and 1500x500); rival: HiGHS's LP, without reading it",
  run: async (context) => {
    const { say, options } = context;
    for (const [experts, clients] of sizes) await showSize(experts, clients, context);
    const problem = randomProblem(...sizes[COMPARED]);
    return race(
      {
        unit: 'ms',
        better: 'lower',
        ours: [{ name: 'network simplex', open: () => Promise.resolve(ours(problem)) }],
        rivals: [{ name: 'HiGHS in WebAssembly', open: () => highsLinearProgram(problem) }],
        turns: options.turns,
      },
      say,
    );
  },
};

/** Scores as they are in a federation, where embeddings are drawn from a normal distribution. */
function randomProblem(experts: number, clients: number): Problem {
  const random = seededRandom('assignment', experts, clients);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const embeddings = (count: number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length: rank }, normal));
  const tokens = embeddings(clients);
  const logits = embeddings(experts).map((expert) =>
    tokens.map((token) => expert.reduce((sum, value, index) => sum + value * (token[index] ?? 0), 0) / Math.sqrt(rank)),
  );
  const limits = { experts, clients, expertChoices: 2, minExperts: 2, maxExperts: 8, homogeneous: false };
  return { scores: softmaxOverClients(logits), limits };
}

/** Of processor time, which what else the machine does distorts less; both solvers are one thread in this process. */
function milliseconds(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function ours({ scores, limits }: Problem): Contender {
  const modules = (): void => {
    for (let module = 0; module < MODULES; module += 1) assignExperts(scores, limits);
  };
  return {
    measure: () => Promise.resolve(milliseconds(modules) / MODULES),
    close: () => Promise.resolve(),
  };
}

async function highsLinearProgram({ scores, limits }: Problem): Promise<Contender> {
  const solver = await loadHighs();
  const program = linearProgram(scores, limits);
  return {
    measure: () => {
      const reading = milliseconds(() => solver.solve(program, { time_limit: 0 }));
      return Promise.resolve(milliseconds(() => solved(solver, program)) - reading);
    },
    close: () => Promise.resolve(),
  };
}

function solved(solver: Solver, program: string): number {
  const { Status, ObjectiveValue } = solver.solve(program);
  if (Status !== 'Optimal') throw new BenchmarkError(`HiGHS ended with "${Status}"`);
  return ObjectiveValue;
}

/** What one size takes, and that the optimum is the one that HiGHS finds. */
async function showSize(experts: number, clients: number, { say, options }: BenchmarkContext): Promise<void> {
  const problem = randomProblem(experts, clients);
  const { scores, limits } = problem;
  const taken = Array.from({ length: options.turns }, () => milliseconds(() => assignExperts(scores, limits)));
  const optimum = objective(scores, assignExperts(scores, limits));
  const program = linearProgram(scores, limits);
  const solver = await loadHighs();
  let theirs = NaN;
  const whole = milliseconds(() => {
    theirs = solved(solver, program);
  });
  if (!(Math.abs(optimum / theirs - 1) < TOLERANCE)) {
    throw new BenchmarkError(`the sum of ${experts}x${clients} is ${optimum}, but HiGHS finds ${theirs}`);
  }
  say(
    `${experts}x${clients}: ${median(taken).toFixed(1)} ms, sum ${optimum.toFixed(6)}; ` +
      `HiGHS with reading ${whole.toFixed(0)} ms, sum ${theirs.toFixed(6)}`,
  );
}
