export { maskSecrets } from './masked-log.js';
export { NestLogger } from './nest-logger.js';
export { runService, type RunningService } from './run-service.js';
export { startWorkerHealth } from './worker-health.js';
