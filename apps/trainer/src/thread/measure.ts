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

/** Answers are generated unless every test example has choices; choices are compared wherever an example has some. */
export async function measure(
  engine: Engine,
  parameters: Parameters,
  splits: ClientSplits,
  tokenizer: Tokenizer,
  settings: MeasureSettings,
  report: Report,
): Promise<EvaluationMetrics> {
  report({ phase: 'evaluating' });
  const { validation, test } = splits;
  const questions = test.flatMap((example) => tokenizeChoices(tokenizer, example, settings.maxLength) ?? []);
  const choices = questions.reduce((count, { sequences }) => count + sequences.length, 0);
  const steps = validation.length + test.length + choices;
  const { padTokenId } = tokenizer;
  const onExamples = (before: number) => (done: number) => report({ phase: 'evaluating', step: before + done, steps });
  const validationLoss = await meanLoss(engine, parameters, validation, padTokenId, onExamples(0));
  const testLoss = await meanLoss(engine, parameters, test, padTokenId, onExamples(validation.length));
  const onChoices = onExamples(validation.length + test.length);
  const accuracy = choices === 0 ? null : await choiceAccuracy(engine, parameters, questions, padTokenId, onChoices);
  const perplexity = perplexityOf(validationLoss);
  return {
    validationLoss,
    perplexity: Number.isFinite(perplexity) ? perplexity : null,
    testLoss,
    rougeL: isClassification(test)
      ? null
      : await generatedRougeL(engine, parameters, test, tokenizer, settings, report),
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
