/** What the API answers, by the names that people use. */
import type { Answer } from '@fedamole/api-client';

export type Federation = Answer<'GET /v1/federations/{id}'>;
export type FederationSummary = Answer<'GET /v1/federations'>['federations'][number];
export type Progress = Answer<'GET /v1/federations/{id}/progress'>;
export type ClientProgress = Progress['clients'][number];
export type Round = Answer<'GET /v1/federations/{id}/rounds'>['rounds'][number];
export type Assignment = Answer<'GET /v1/federations/{id}/assignments'>;
export type Choices = Answer<'GET /v1/federations/{id}/assignments/choices'>;
export type Dataset = Answer<'GET /v1/federations/{id}/datasets'>['datasets'][number];
export type Lineage = Answer<'GET /v1/federations/{id}/adapters/{client}/lineage'>;
export type Validation = Answer<'POST /v1/federations/validate'>;
export type Adapter = Answer<'GET /v1/federations/{id}/adapters'>['adapters'][number];
export type StoredEvent = Answer<'GET /v1/events'>['events'][number];
export type Worker = Answer<'GET /v1/workers'>['workers'][number];
export type Queue = Answer<'GET /v1/queues'>['queues'][number];
export type ParkedJob = Answer<'GET /v1/queues'>['parked'][number];
export type Replay = Answer<'GET /v1/federations/{id}/rounds/{round}/replay'>;
