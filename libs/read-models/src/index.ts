export type { BaseModelRecord } from './base-models/queries.js';
export { listBaseModels } from './base-models/queries.js';
export type { ClientRecord } from './clients/queries.js';
export { listClients } from './clients/queries.js';
export type { FederationPage, FederationSummary } from './federations/queries.js';
export { listFederations } from './federations/queries.js';
export { Projector } from './projector.js';
