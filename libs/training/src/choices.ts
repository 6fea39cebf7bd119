/** Multiple choice: every choice is scored by the mean loss of its tokens, and the lowest is the model's answer. */
import type { Parameters } from '@fedamole/mole';
import type { Sequence } from './batch.js';
import type { Engine } from './engine.js';
import { targetLosses, type OnExamples } from './evaluation.js';

export interface Question {
  /** The prompt with each of the choices. */
  readonly sequences: readonly Sequence[];
  /** Which of them is right. */
  readonly answer: number;
}

/** Nats a token by which equal sequences in other rows of a batch may differ: kernels round a block's last rows otherwise. */
const ROUNDING = 1e-6;

/**
 * For each question the choice of lowest mean loss per target token, the first of equals: a choice is not worse for being
 * long. Choices of all questions share batches; `onSequences` hears of every batch.
 *
 * @throws RangeError where a question has no choices
 */
export async function chosenAnswers(
  engine: Engine,
  parameters: Parameters,
  questions: readonly Pick<Question, 'sequences'>[],
  padTokenId: number,
  onSequences?: OnExamples,
): Promise<number[]> {
  const losses = await targetLosses(
    engine,
    parameters,
    questions.flatMap(({ sequences }) => sequences),
    padTokenId,
    onSequences,
  );
  const means = losses.map(({ sum, count }) => sum / count);
  let start = 0;
  return questions.map(({ sequences }, index) => {
    if (sequences.length === 0) throw new RangeError(`question ${index} has no choices`);
    const scores = means.slice(start, (start += sequences.length));
    const least = Math.min(...scores);
    return scores.findIndex((score) => score <= least + ROUNDING);
  });
}

/** The share of questions whose answer the model chooses, 0 to 1. Throws a RangeError where there are no questions. */
export async function choiceAccuracy(
  engine: Engine,
  parameters: Parameters,
  questions: readonly Question[],
  padTokenId: number,
  onSequences?: OnExamples,
): Promise<number> {
  if (questions.length === 0) throw new RangeError('choiceAccuracy: there are no questions');
  const chosen = await chosenAnswers(engine, parameters, questions, padTokenId, onSequences);
  return questions.filter(({ answer }, index) => chosen[index] === answer).length / questions.length;
}
