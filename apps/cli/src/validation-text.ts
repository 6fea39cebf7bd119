/** What the platform says of a federation that is not there yet, for people. */
import { fields } from './command-line/text-table.js';
import { megabytes, number } from './format.js';
import type { Validation } from './resources.js';

export function validationText({ errors, infeasibilities, nearest, estimate }: Validation): string {
  const wrong = errors.map(({ field, value, message }) =>
    value === undefined ? `${field}: ${message}` : `${field} is ${JSON.stringify(value)}: ${message}`,
  );
  const failing = infeasibilities.map(({ inequality }) => inequality);
  const parts = [
    section('Wrong fields:', wrong),
    section('No assignment of experts is possible:', failing),
    nearest === null ? null : section('The nearest limits that are:', [settings(nearest)]),
    estimate === null ? null : `It can be created, and takes:\n\n${estimateText(estimate)}`,
  ];
  return parts.filter((part) => part !== null).join('\n\n');
}

const section = (title: string, lines: readonly string[]): string | null =>
  lines.length === 0 ? null : [title, ...lines.map((line) => `  ${line}`)].join('\n');

const settings = (limits: NonNullable<Validation['nearest']>): string =>
  Object.entries(limits)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function estimateText({ steps, experts, modules, transferBytes, trainerBytes }: NonNullable<Validation['estimate']>) {
  const { least, mean, most } = transferBytes;
  const { weights, optimizer } = trainerBytes;
  return fields({
    'steps per client': number(steps, 0),
    pool: `${number(experts, 0)} experts in each of ${modules} modules`,
    'sent per client and round': `${megabytes(mean)} each way (${megabytes(least)} to ${megabytes(most)})`,
    "a trainer's memory": `${megabytes(weights)} of weights and ${megabytes(optimizer)} of adapters, besides activations`,
  });
}
