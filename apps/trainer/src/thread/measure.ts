/** Measures a model with its adapters on a client's validation and test splits. */
import {
  generationPrompt,
  isClassification,
  mostFrequentAnswer,
  rougeL,
  tokenizeChoices,
  type Tokenizer,
} from '@fedamole/datasets';
import type { EvaluationMetrics } from '@fedamole/federation';
import type { Parameters } from '@fedamole/mole';
import { choiceAccuracy, generate, meanLoss, perplexityOf, type Engine } from '@fedamole/training';
import type { ClientExample, ClientSplits } from './client-data.js';
import type { Report } from './progress.js';

export interface MeasureSettings {
  readonly maxLength: number;
  readonly maxNewTokens: number;
}

/** What was measured so far. */
export type Measured = {
  readonly [Key in Exclude<keyof EvaluationMetrics, 'perplexity'>]?: EvaluationMetrics[Key] | undefined;
};

/** What was measured before is taken as it is; `onMeasured` is awaited after each of the others. */
export interface Measurements {
  readonly before: Measured;
  readonly onMeasured: (measured: Measured) => Promise<void>;
}

/** Answers are generated unless every test example has choices; choices are compared wherever an example has some. */
export async function measure(
  engine: Engine,
  parameters: Parameters,
  splits: ClientSplits,
  tokenizer: Tokenizer,
  settings: MeasureSettings,
  report: Report,
  { before, onMeasured }: Measurements = { before: {}, onMeasured: async () => undefined },
): Promise<EvaluationMetrics> {
  report({ phase: 'evaluating' });
  const { validation, test } = splits;
  const questions = test.flatMap((example) => tokenizeChoices(tokenizer, example, settings.maxLength) ?? []);
  const choices = questions.reduce((count, { sequences }) => count + sequences.length, 0);
  const steps = validation.length + test.length + choices;
  const { padTokenId } = tokenizer;
  const onExamples = (before: number) => (done: number) => report({ phase: 'evaluating', step: before + done, steps });
  const loss = (of: ClientSplits['test'], done: number) => () =>
    meanLoss(engine, parameters, of, padTokenId, onExamples(done));
  let measured = before;
  const once = async <Key extends keyof Measured>(
    key: Key,
    measureIt: () => Promise<EvaluationMetrics[Key]>,
  ): Promise<EvaluationMetrics[Key]> => {
    const known = measured[key];
    if (known !== undefined) return known as EvaluationMetrics[Key];
    const value = await measureIt();
    measured = { ...measured, [key]: value };
    await onMeasured(measured);
    return value;
  };
  const validationLoss = await once('validationLoss', loss(validation, 0));
  const testLoss = await once('testLoss', loss(test, validation.length));
  const onChoices = onExamples(validation.length + test.length);
  const accuracy = await once('choiceAccuracy', async () =>
    choices === 0 ? null : choiceAccuracy(engine, parameters, questions, padTokenId, onChoices),
  );
  const perplexity = perplexityOf(validationLoss);
  return {
    validationLoss,
    perplexity: Number.isFinite(perplexity) ? perplexity : null,
    testLoss,
    rougeL: await once('rougeL', async () =>
      isClassification(test) ? null : generatedRougeL(engine, parameters, test, tokenizer, settings, report),
    ),
    choiceAccuracy: accuracy,
  };
}

/** Mean ROUGE-L of greedy answers. */
async function generatedRougeL(
  engine: Engine,
  parameters: Parameters,
  test: readonly ClientExample[],
  tokenizer: Tokenizer,
  { maxLength, maxNewTokens }: MeasureSettings,
  report: Report,
): Promise<number> {
  const { padTokenId, stopTokenIds } = tokenizer;
  const prompts = test.map(({ promptIds }) => generationPrompt(tokenizer, promptIds, maxLength, maxNewTokens));
  const total = prompts.length;
  report({ phase: 'generating', step: 0, steps: total });
  const generation = { maxNewTokens, stopTokenIds, padTokenId };
  const answers = await generate(engine, parameters, prompts, generation, (finished) =>
    report({ phase: 'generating', step: finished, steps: total }),
  );
  return mean(answers.map((ids, index) => rougeL(tokenizer.decode(ids), test[index]?.output ?? '')));
}

/** What always giving the training split's most frequent answer scores on the test split. */
export function mostFrequentAnswerRougeL({ train, test }: ClientSplits): number {
  const answer = mostFrequentAnswer(train);
  return mean(test.map(({ output }) => rougeL(answer, output)));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
