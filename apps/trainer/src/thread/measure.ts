/** Measures a model with its adapters on a client's validation and test splits. */
import { generationPrompt, mostFrequentAnswer, rougeL, type Tokenizer } from '@fedamole/datasets';
import type { EvaluationMetrics } from '@fedamole/federation';
import type { Parameters } from '@fedamole/mole';
import { generateGreedily, meanLoss, type Engine } from '@fedamole/training';
import type { ClientSplits } from './client-data.js';
import type { Report } from './progress.js';

export interface MeasureSettings {
  readonly maxLength: number;
  readonly maxNewTokens: number;
}

export async function measure(
  engine: Engine,
  parameters: Parameters,
  { validation, test }: ClientSplits,
  tokenizer: Tokenizer,
  { maxLength, maxNewTokens }: MeasureSettings,
  report: Report,
): Promise<EvaluationMetrics> {
  report({ phase: 'evaluating' });
  const { padTokenId, stopTokenIds } = tokenizer;
  const steps = validation.length + test.length;
  const validationLoss = await meanLoss(engine, parameters, validation, padTokenId, (step) =>
    report({ phase: 'evaluating', step, steps }),
  );
  const testLoss = await meanLoss(engine, parameters, test, padTokenId, (done) =>
    report({ phase: 'evaluating', step: validation.length + done, steps }),
  );
  const prompts = test.map(({ promptIds }) => generationPrompt(tokenizer, promptIds, maxLength, maxNewTokens));
  const total = prompts.length;
  report({ phase: 'generating', step: 0, steps: total });
  const generation = { maxNewTokens, stopTokenIds, padTokenId };
  const answers = await generateGreedily(engine, parameters, prompts, generation, (finished) =>
    report({ phase: 'generating', step: finished, steps: total }),
  );
  const scores = answers.map((ids, index) => rougeL(tokenizer.decode(ids), test[index]?.output ?? ''));
  return { validationLoss, testLoss, rougeL: mean(scores) };
}

/** What always giving the training split's most frequent answer scores on the test split. */
export function mostFrequentAnswerRougeL({ train, test }: ClientSplits): number {
  const answer = mostFrequentAnswer(train);
  return mean(test.map(({ output }) => rougeL(answer, output)));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
