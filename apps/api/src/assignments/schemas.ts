import { digest, expertAssignment, resourceName } from '@fedamole/federation';
import { z } from 'zod';
import { byRound, wholeNumberText } from '../http/query-parameters.js';

export const assignmentResource = z
  .strictObject({
    round: z.int(),
    scores: digest.describe('Artifact with the scores that decided it.'),
    assignment: expertAssignment.describe('For each client the experts that it holds of every module.'),
  })
  .meta({ title: 'Assignment' });
export type AssignmentResource = z.infer<typeof assignmentResource>;

export const choiceFilter = byRound
  .extend({
    client: resourceName.optional().describe('Only choices of that client.'),
    module: z.string().min(1).max(500).optional().describe('Only choices of experts of that module.'),
    expert: wholeNumberText(0, 99_999).optional().describe('Only choices of experts of that index.'),
  })
  .refine(({ client, module }) => client !== undefined || module !== undefined, {
    path: ['client'],
    error: 'name a client, a module, or both',
  });
export type ChoiceFilter = z.infer<typeof choiceFilter>;

const score = z.number().describe('How much the expert wants the client: of reverse selection, its row sums to 1.');

const assignmentChoice = z
  .strictObject({
    module: z.string(),
    expert: z.int().describe("Index in the module's pool."),
    client: resourceName.describe('Whom it picked.'),
    score,
    rank: z.int().describe("The client's place in the expert's order of all clients; 1 is the best, equals share one."),
    limit: z
      .enum(['max-experts', 'min-experts', 'equal-shares'])
      .nullable()
      .describe(
        'Why it did not pick its best runner-up instead, where that has the higher score: the runner-up holds the most experts already, this client would have had too few, or shares are equal. Null where the score decided.',
      ),
    runnersUp: z
      .array(z.strictObject({ client: resourceName, score }))
      .describe('Of those that it did not pick, the three that it wants most, the best first.'),
  })
  .meta({ title: 'AssignmentChoice' });
export type AssignmentChoice = z.infer<typeof assignmentChoice>;

export const choicesResource = z
  .strictObject({
    round: z.int(),
    decidedIn: z
      .strictObject({ federationId: resourceName, round: z.int() })
      .describe("The same round, or in a fork's first one the round of its parent that it took over."),
    decidedBy: z
      .enum(['affinity', 'draw', 'kept'])
      .describe(
        "What the scores are: embeddings' affinities, drawn numbers (in round 1, and where `assignment` is `random`), or affinities that decided nothing as the assignment was kept (`static`).",
      ),
    scores: digest.describe('The artifact that they are read from.'),
    limits: z
      .strictObject({
        experts: z.int(),
        clients: z.int(),
        expertChoices: z.int(),
        minExperts: z.int(),
        maxExperts: z.int(),
        homogeneous: z.boolean(),
      })
      .describe('That held in that round, per module.'),
    choices: z.array(assignmentChoice).describe('By module, expert and rank.'),
  })
  .meta({ title: 'AssignmentChoices' });
export type ChoicesResource = z.infer<typeof choicesResource>;
