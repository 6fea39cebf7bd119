/** The quickstart's options that are fields of a federation's configuration, and checked as the API checks them. */
import { federationConfiguration, type FederationConfigurationInput } from '@fedamole/federation';
import { UsageError } from './usage-error.js';

type Field = keyof typeof federationConfiguration.shape;

type TrainingFlag =
  /** `read`: the value that a text means; what it cannot mean is refused by the field. */
  | { readonly type: 'string'; readonly field: Field; readonly read: (text: string) => unknown }
  /** Given alone, it means true. */
  | { readonly type: 'boolean'; readonly field: Field };

const asNumber = (text: string): unknown => (text.trim() === '' ? text : Number(text));
const asText = (text: string): unknown => text;
const asNames = (text: string): unknown => (text === 'all-linear' ? text : text.split(','));

/** `10,3`: every 10 steps, patience 3. */
function asEarlyStopping(text: string): unknown {
  const [evaluateEvery, patience, ...rest] = text.split(',').map(asNumber);
  return rest.length > 0 ? text : { evaluateEvery, patience };
}

const trainingFlags: Readonly<Record<string, TrainingFlag>> = {
  'accumulation-steps': { type: 'string', field: 'gradientAccumulationSteps', read: asNumber },
  'weight-decay': { type: 'string', field: 'weightDecay', read: asNumber },
  'max-gradient-norm': { type: 'string', field: 'maxGradientNorm', read: asNumber },
  'warmup-steps': { type: 'string', field: 'warmupSteps', read: asNumber },
  schedule: { type: 'string', field: 'learningRateSchedule', read: asText },
  'early-stopping': { type: 'string', field: 'earlyStopping', read: asEarlyStopping },
  targets: { type: 'string', field: 'targetModules', read: asNames },
  weights: { type: 'string', field: 'weights', read: asText },
  recompute: { type: 'boolean', field: 'recomputeActivations' },
};

export const trainingUsage = `  --accumulation-steps N  batches whose gradients make up one step (1)
  --weight-decay X        of AdamW; 0 is Adam (0)
  --max-gradient-norm X   gradients of a larger global norm are scaled down to it (none are)
  --warmup-steps N        first steps of every round, on which the learning rate rises (0)
  --schedule NAME         of the learning rate within a round: constant, linear or cosine (constant)
  --early-stopping N,P    evaluate every N steps, end the round after P evaluations without a lower validation loss
  --targets LIST          layers to adapt, as q_proj,v_proj, or all-linear (the default of the model's family)
  --weights FORM          of the frozen weights: float32, bfloat16, int8, int4 or auto (float32)
  --recompute             compute activations again instead of keeping them: a third slower, in a fraction of the memory`;

/** For `parseArgs`. */
export const trainingArguments = Object.fromEntries(
  Object.entries(trainingFlags).map(([flag, { type }]) => [flag, { type }]),
);

/** The fields of those options that were given. Throws a UsageError with option, value and limit. */
export function readTrainingOptions(values: Readonly<Record<string, unknown>>): FederationConfigurationInput {
  const given = Object.entries(trainingFlags).flatMap(([name, flag]) => {
    const { field } = flag;
    const value = values[name];
    if (flag.type === 'boolean') return value === true ? [[field, true]] : [];
    if (typeof value !== 'string') return [];
    const parsed = federationConfiguration.shape[field].safeParse(flag.read(value));
    if (parsed.success) return [[field, parsed.data]];
    throw new UsageError(`--${name} is "${value}": ${parsed.error.issues.map(({ message }) => message).join('; ')}`);
  });
  return Object.fromEntries(given) as FederationConfigurationInput;
}
