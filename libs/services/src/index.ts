export { observedArtifacts, type ObservedArtifacts } from './artifact-metrics.js';
export { JobMetrics } from './job-metrics.js';
export { maskSecrets } from './masked-log.js';
export { Metrics, serveMetrics, type MetricSource, type Sample } from './metrics.js';
export { NestLogger } from './nest-logger.js';
export { failuresOf, type Checks } from './readiness.js';
export { runService, type RunningService } from './run-service.js';
export { trainingMetrics } from './training-metrics.js';
export { startWorkerHealth, type WorkerHealth } from './worker-health.js';
