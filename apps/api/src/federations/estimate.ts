/** What a federation will take, as far as its settings and its base model tell. */
import type { BaseModel, FederationConfiguration } from '@fedamole/federation';
import { heldLimits } from '@fedamole/assignment';
import { bytesPerWeight, limitsOf } from '@fedamole/federation';
import type { Estimate } from './validation-schemas.js';

const FLOAT_BYTES = 4;

/** `modules` are those that are adapted: d_in and d_out of each. Adapters travel as float32. */
export function estimateFederation(
  { parameterCount }: Pick<BaseModel, 'parameterCount'>,
  modules: BaseModel['modules'],
  clients: number,
  configuration: FederationConfiguration,
): Estimate {
  const { rounds, stepsPerRound, experts, expertChoices, rank, weights } = configuration;
  const parametersHolding = (held: number): number =>
    modules.reduce((sum, { inputWidth, outputWidth }) => {
      // One shared expert (A [r, d_in], B [d_out, r]) and the token projection [r, d_in] beside the domain experts.
      return sum + rank * ((1 + held) * (inputWidth + outputWidth) + inputWidth);
    }, 0);
  const [least, most] = heldLimits(limitsOf(clients, configuration));
  const bytesHolding = (held: number): number => Math.round(parametersHolding(held) * FLOAT_BYTES);
  return {
    steps: rounds * stepsPerRound,
    experts,
    modules: modules.length,
    transferBytes: {
      least: bytesHolding(least),
      mean: bytesHolding((experts * expertChoices) / clients),
      most: bytesHolding(most),
    },
    trainerBytes: {
      weights: Math.round(parameterCount * bytesPerWeight[weights]),
      // The parameters, their gradients and Adam's two moments.
      optimizer: 4 * bytesHolding(most),
    },
  };
}
