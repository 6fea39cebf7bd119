/** Round 0's job at a client: the base model as it comes, and where "auto" asks for it, how forms of its weights compare. */
import type { BaselineResult, EvaluationMetrics, WeightForm, WeightFormMeasurement } from '@fedamole/federation';
import { neutralParameters } from '@fedamole/mole';
import type { TrainingJob } from '@fedamole/queues';
import { splitSizes } from './client-data.js';
import type { Checkpoint } from './checkpoint-file.js';
import { HandedBackError } from './ending.js';
import { exampleLengths } from './example-lengths.js';
import { measureWeightForms } from './measure-weight-forms.js';
import { measure, mostFrequentAnswerRougeL, type Measured, type Measurements } from './measure.js';
import { secondsPerStep, typicalBatch, type StepTimes } from './step-time.js';
import type { Prepared } from './workplace.js';

export type BaselineJob = Extract<TrainingJob, { kind: 'measure-baseline' }>;

export async function measureBaseline(
  job: BaselineJob,
  prepared: Prepared,
  stepTimes: StepTimes,
): Promise<Omit<BaselineResult, 'device' | 'seconds'>> {
  const { weights } = job.configuration;
  const { splits, checkpoints } = prepared;
  const start = await checkpoints.resume();
  let before = start?.stage === 'measuring' ? start.measured : {};
  const here = (): Checkpoint => ({ stage: 'measuring', measured: before });
  const onMeasured = (measured: Measured): Promise<void> => {
    before = measured;
    return checkpoints.keepIfDue(here);
  };
  try {
    const metrics = await evaluate(job, prepared, weights === 'auto' ? 'float32' : weights, { before, onMeasured });
    return {
      splits: splitSizes(splits),
      lengths: exampleLengths(splits),
      metrics,
      mostFrequentAnswerRougeL: mostFrequentAnswerRougeL(splits),
      distinctTestAnswers: new Set(splits.test.map(({ output }) => output)).size,
      weightForms: weights === 'auto' ? await compare(job, prepared, stepTimes, metrics) : null,
    };
  } catch (error) {
    const someMeasured = Object.keys(before).length > 0;
    if (error instanceof HandedBackError && someMeasured) await checkpoints.keep(here);
    throw error;
  }
}

/** With adapters that change nothing. */
async function evaluate(
  { configuration: { rank, topK, maxNewTokens } }: BaselineJob,
  { engine: engineOf, splits, tokenizer, maxLength, report }: Prepared,
  form: WeightForm,
  measurements?: Measurements,
): Promise<EvaluationMetrics> {
  const engine = await engineOf(form);
  const parameters = neutralParameters(engine.model.modules, rank, topK);
  return measure(engine, parameters, splits, tokenizer, { maxLength, maxNewTokens }, report, measurements);
}

/** Steps of these two take the same time at one trainer, whatever the client. */
export const stepTimeKey = ({ baseModel, configuration }: BaselineJob, form: WeightForm): string =>
  JSON.stringify([baseModel, configuration, form]);

/** A trainer takes the time of a federation's steps once, with the first client that it measures. */
function compare(
  job: BaselineJob,
  prepared: Prepared,
  stepTimes: StepTimes,
  exact: EvaluationMetrics,
): Promise<WeightFormMeasurement[]> {
  const { rank, topK, batchSize } = job.configuration;
  const { device, splits, tokenizer, report } = prepared;
  return measureWeightForms(exact, {
    device,
    secondsPerStep: (form) =>
      stepTimes.of(stepTimeKey(job, form), async () => {
        const engine = await prepared.engine(form);
        const parameters = neutralParameters(engine.model.modules, rank, topK);
        return secondsPerStep(engine, parameters, typicalBatch(splits.train, batchSize, tokenizer.padTokenId), report);
      }),
    evaluate: (form) => evaluate(job, prepared, form),
  });
}
