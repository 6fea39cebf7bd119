/** How fast a trainer trains: tokens over seconds, of the steps alone. */
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import { Counter } from 'prom-client';
import type { Metrics } from './metrics.js';

/** Returns what is to be told of every result. */
export function trainingMetrics({ registry }: Metrics): (result: BaselineResult | TrainingResult) => void {
  const registers = [registry];
  const tokens = new Counter({
    name: 'fedamole_training_tokens_total',
    help: 'Tokens that went through forward and backward.',
    registers,
  });
  const seconds = new Counter({
    name: 'fedamole_training_seconds_total',
    help: 'Seconds that training steps took, without loading and evaluation.',
    registers,
  });
  return (result) => {
    if (!('trainTokens' in result)) return;
    tokens.inc(result.trainTokens);
    seconds.inc(result.trainSeconds);
  };
}
