/** Where the time of a session goes: ONNX Runtime's own profile of it, summed by operator. */
import { z } from 'zod';

const event = z.object({
  cat: z.string(),
  name: z.string(),
  /** Microseconds. */
  dur: z.number(),
  ts: z.number(),
  args: z.object({
    op_name: z.string().optional(),
    /** Bytes of the weights among its inputs. */
    parameter_size: z.string().optional(),
    /** Without the weights that were repacked for it. */
    input_type_shape: z.array(z.unknown()).optional(),
  }),
});
const profile = z.array(event);

export interface OperatorTime {
  readonly operator: string;
  readonly calls: number;
  readonly milliseconds: number;
}

export interface SessionProfile {
  readonly runs: number;
  /** Of all runs, operators and what is between them. */
  readonly milliseconds: number;
  /** The longest first. */
  readonly operators: readonly OperatorTime[];
}

/** Sums a profile's last `runs` runs: earlier ones warm the session up. Throws where it holds fewer. */
export function sumProfile(json: string, runs: number): SessionProfile {
  const events = profile.parse(JSON.parse(json));
  const measured = events.filter(({ name }) => name === 'model_run').slice(-runs);
  const start = measured[0]?.ts;
  if (start === undefined || measured.length < runs) {
    throw new Error(`the profile holds ${measured.length} runs, not ${runs}`);
  }
  const sums = new Map<string, { calls: number; milliseconds: number }>();
  for (const { cat, name, dur, ts, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || ts < start || args.op_name === undefined) continue;
    const operator = operatorOf(args.op_name, args);
    const sum = sums.get(operator) ?? { calls: 0, milliseconds: 0 };
    sums.set(operator, { calls: sum.calls + 1, milliseconds: sum.milliseconds + dur / 1000 });
  }
  return {
    runs,
    milliseconds: measured.reduce((sum, { dur }) => sum + dur / 1000, 0),
    operators: [...sums]
      .map(([operator, sum]) => ({ operator, ...sum }))
      .sort((left, right) => right.milliseconds - left.milliseconds),
  };
}

/** Products with frozen weights are told from those of adapters and attention. */
function operatorOf(name: string, { parameter_size, input_type_shape }: z.infer<typeof event>['args']): string {
  if (!/Gemm|MatMul/.test(name)) return name;
  const frozen = Number(parameter_size ?? 0) > 0 || (input_type_shape ?? []).length < 2;
  return frozen ? `${name}, frozen weights` : name;
}

/** A line an operator: milliseconds and calls of one run, and the share of its time. */
export function profileTable({ runs, milliseconds, operators }: SessionProfile): string {
  const inOperators = operators.reduce((sum, operator) => sum + operator.milliseconds, 0);
  const rows = [
    ...operators,
    { operator: 'between operators', calls: 0, milliseconds: milliseconds - inOperators },
    { operator: 'all', calls: 0, milliseconds },
  ];
  const cells = rows.map((row) => [
    row.operator,
    (row.milliseconds / runs).toFixed(2),
    `${((100 * row.milliseconds) / milliseconds).toFixed(1)} %`,
    row.calls === 0 ? '' : (row.calls / runs).toFixed(0),
  ]);
  const table = [['operator', 'ms a run', 'share', 'calls a run'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((line) => (line[column] as string).length)));
  return table
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
