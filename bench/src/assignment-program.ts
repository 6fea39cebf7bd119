/** Reverse selection as a linear program in CPLEX LP format; its vertices are whole numbers, so it needs no integers. */
import type { AssignmentLimits } from '@fedamole/assignment';

export function linearProgram(
  scores: readonly (readonly number[])[],
  { clients, expertChoices, minExperts, maxExperts }: AssignmentLimits,
): string {
  const name = (expert: number, client: number): string => `x${expert}_${client}`;
  const rows = scores.map((row, expert) => row.map((_, client) => name(expert, client)));
  const columns = Array.from({ length: clients }, (_, client) => scores.map((_row, expert) => name(expert, client)));
  return [
    'Maximize',
    ` obj: ${scores.map((row, expert) => row.map((score, client) => `${score} ${name(expert, client)}`).join(' + ')).join(' + ')}`,
    'Subject To',
    ...rows.map((names, expert) => ` e${expert}: ${names.join(' + ')} = ${expertChoices}`),
    ...columns.map((names, client) => ` l${client}: ${names.join(' + ')} >= ${minExperts}`),
    ...columns.map((names, client) => ` m${client}: ${names.join(' + ')} <= ${maxExperts}`),
    'Bounds',
    ...rows.flat().map((variable) => ` 0 <= ${variable} <= 1`),
    'End',
  ].join('\n');
}
