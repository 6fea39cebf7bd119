/** Reverse-selection problems: which are feasible, and that our assignment reaches the optimum within the limits. */
import { assignExperts, infeasibilities, objective, softmaxOverClients } from '@fedamole/assignment';
import { z } from 'zod';
import { worst, type Comparison } from './comparison.js';
import { readJson } from './reference.js';

const problems = z
  .array(
    z.object({
      experts: z.number(),
      clients: z.number(),
      expertChoices: z.number(),
      minExperts: z.number(),
      maxExperts: z.number(),
      homogeneous: z.boolean(),
      logits: z.array(z.array(z.number())),
      feasible: z.boolean(),
      objective: z.number().nullable(),
    }),
  )
  .min(1);
type Problem = z.infer<typeof problems>[number];

export async function compareAssignments(file: string): Promise<Comparison[]> {
  return problems.parse(await readJson(file)).flatMap(compareProblem);
}

function compareProblem(problem: Problem): Comparison[] {
  const { experts, clients, expertChoices } = problem;
  const title = `${experts} experts, ${clients} clients, ${expertChoices} choices`;
  // topK belongs to a federation, not to its assignment: 1 never fails
  const feasible = infeasibilities({ ...problem, topK: 1 }).length === 0;
  const feasibility = worst(`${title}: feasibility differs`, [Number(feasible !== problem.feasible)], 0);
  if (!feasible || problem.objective === null) return [feasibility];
  const scores = softmaxOverClients(problem.logits);
  const held = assignExperts(scores, problem);
  return [
    feasibility,
    worst(`${title}: objective`, [Math.abs(objective(scores, held) - problem.objective)], 1e-9),
    worst(`${title}: limits that are broken`, [brokenLimits(problem, held)], 0),
  ];
}

function brokenLimits(
  { experts, clients, expertChoices, minExperts, maxExperts, homogeneous }: Problem,
  held: readonly number[][],
): number {
  const share = (experts * expertChoices) / clients;
  const [least, most] = homogeneous ? [share, share] : [minExperts, maxExperts];
  const wrongClients = held.filter(
    (list) => list.length < least || list.length > most || new Set(list).size !== list.length,
  );
  const picks = Array.from({ length: experts }, (_, expert) => held.filter((list) => list.includes(expert)).length);
  return (
    wrongClients.length + picks.filter((count) => count !== expertChoices).length + Math.abs(held.length - clients)
  );
}
