/** Stored results in today's shape: what was not measured when they were recorded is null. */
import { baselineResult, evaluationMetrics } from '../results.js';
import type { FederationEvent } from './events.js';

export function upcastMetrics(event: FederationEvent): FederationEvent {
  switch (event.type) {
    case 'BaselineMeasured':
      return { ...event, data: { ...event.data, result: baselineResult.parse(event.data.result) } };
    case 'ClientTrained': {
      const { result } = event.data;
      const metrics = evaluationMetrics.parse(result.metrics);
      return { ...event, data: { ...event.data, result: { ...result, metrics } } };
    }
    default:
      return event;
  }
}
