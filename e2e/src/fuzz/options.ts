/** What `npm run fuzz` is asked for. */
import { parseArgs } from 'node:util';

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
}

export const usage = `npm run fuzz -- [options]

  --requests N            requests that are made from the OpenAPI document (1000)
  --seed S                the same seed makes the same requests (1)
`;

/** Null where only the usage was asked for. Throws with what is wrong. */
export function readOptions(argv: readonly string[]): FuzzOptions | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      requests: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    requests: wholeNumber('--requests', values.requests, 1, 10_000_000),
    seed: wholeNumber('--seed', values.seed, 0, 0x7fff_ffff),
  };
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${option} is "${text}": use a whole number from ${least} to ${most}`);
}
