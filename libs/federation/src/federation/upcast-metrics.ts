/** Stored results in today's shape: metrics that were not measured when they were recorded are null. */
import { evaluationMetrics, type EvaluationMetrics } from '../results.js';
import type { FederationEvent } from './events.js';

export function upcastMetrics(event: FederationEvent): FederationEvent {
  switch (event.type) {
    case 'BaselineMeasured':
      return { ...event, data: { ...event.data, result: withAllMetrics(event.data.result) } };
    case 'ClientTrained':
      return { ...event, data: { ...event.data, result: withAllMetrics(event.data.result) } };
    default:
      return event;
  }
}

function withAllMetrics<Result extends { readonly metrics: EvaluationMetrics }>(result: Result): Result {
  return { ...result, metrics: evaluationMetrics.parse(result.metrics) };
}
