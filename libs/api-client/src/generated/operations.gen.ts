// Generated from openapi.json by "npm run openapi": do not edit.
import type * as types from './types.gen.js';

/** What is sent and what is answered, by method and path. */
export interface Operations {
  /** Remove artifacts that no event names any more, or tell which they are. */
  'POST /v1/artifacts/collect': { sent: types.ArtifactsControllerCollectData; answered: types.ArtifactsControllerCollectResponses[keyof types.ArtifactsControllerCollectResponses] };
  /** All base models by name. */
  'GET /v1/base-models': { sent: types.BaseModelsControllerListData; answered: types.BaseModelsControllerListResponses[keyof types.BaseModelsControllerListResponses] };
  /** Register a base model: a folder below the models root, by name and digest. */
  'POST /v1/base-models': { sent: types.BaseModelsControllerRegisterData; answered: types.BaseModelsControllerRegisterResponses[keyof types.BaseModelsControllerRegisterResponses] };
  /** One base model. */
  'GET /v1/base-models/{name}': { sent: types.BaseModelsControllerGetData; answered: types.BaseModelsControllerGetResponses[keyof types.BaseModelsControllerGetResponses] };
  /** All clients by name. */
  'GET /v1/clients': { sent: types.ClientsControllerListData; answered: types.ClientsControllerListResponses[keyof types.ClientsControllerListResponses] };
  /** Register a client: someone whose data stay at a trainer. */
  'POST /v1/clients': { sent: types.ClientsControllerRegisterData; answered: types.ClientsControllerRegisterResponses[keyof types.ClientsControllerRegisterResponses] };
  /** One client. */
  'GET /v1/clients/{name}': { sent: types.ClientsControllerGetData; answered: types.ClientsControllerGetResponses[keyof types.ClientsControllerGetResponses] };
  /** Events of all streams, in the order in which every reader sees them. */
  'GET /v1/events': { sent: types.EventsControllerAllData; answered: types.EventsControllerAllResponses[keyof types.EventsControllerAllResponses] };
  /** Events of all streams as they happen: server-sent events. */
  'GET /v1/events/stream': { sent: types.EventsControllerFollowAllData; answered: types.EventsControllerFollowAllResponses[keyof types.EventsControllerFollowAllResponses] };
  /** A federation's events; `after` is the version of the last one seen. */
  'GET /v1/federations/{id}/events': { sent: types.EventsControllerOfFederationData; answered: types.EventsControllerOfFederationResponses[keyof types.EventsControllerOfFederationResponses] };
  /** A federation's events as they happen: server-sent events. */
  'GET /v1/federations/{id}/events/stream': { sent: types.EventsControllerFollowFederationData; answered: types.EventsControllerFollowFederationResponses[keyof types.EventsControllerFollowFederationResponses] };
  /** Federations, newest first. */
  'GET /v1/federations': { sent: types.FederationsControllerListData; answered: types.FederationsControllerListResponses[keyof types.FederationsControllerListResponses] };
  /** Create a federation. It waits for its start. */
  'POST /v1/federations': { sent: types.FederationsControllerCreateData; answered: types.FederationsControllerCreateResponses[keyof types.FederationsControllerCreateResponses] };
  /** One federation, as it is or as it was after any event. */
  'GET /v1/federations/{id}': { sent: types.FederationsControllerGetData; answered: types.FederationsControllerGetResponses[keyof types.FederationsControllerGetResponses] };
  /** Start a federation. Starting a running one changes nothing. */
  'POST /v1/federations/{id}/start': { sent: types.FederationsControllerStartData; answered: types.FederationsControllerStartResponses[keyof types.FederationsControllerStartResponses] };
  /** Cancel a federation. What is still computed for it is ignored. */
  'POST /v1/federations/{id}/cancel': { sent: types.FederationsControllerCancelData; answered: types.FederationsControllerCancelResponses[keyof types.FederationsControllerCancelResponses] };
  /** How far every client is in the current round. */
  'GET /v1/federations/{id}/progress': { sent: types.FederationsControllerShowProgressData; answered: types.FederationsControllerShowProgressResponses[keyof types.FederationsControllerShowProgressResponses] };
  /** Whether the process answers. */
  'GET /health/live': { sent: types.HealthControllerLiveData; answered: types.HealthControllerLiveResponses[keyof types.HealthControllerLiveResponses] };
  /** Whether the database, the queue and the artifacts folder can be used. */
  'GET /health/ready': { sent: types.HealthControllerReadyData; answered: types.HealthControllerReadyResponses[keyof types.HealthControllerReadyResponses] };
  /** How far the read models are, and a rebuild if one runs. */
  'GET /v1/read-models': { sent: types.ReadModelsControllerStateData; answered: types.ReadModelsControllerStateResponses[keyof types.ReadModelsControllerStateResponses] };
  /** Build all read models again from the events. Reads go on answering meanwhile. */
  'POST /v1/read-models/rebuild': { sent: types.ReadModelsControllerRebuildData; answered: types.ReadModelsControllerRebuildResponses[keyof types.ReadModelsControllerRebuildResponses] };
  /** What the replay of a round came to. */
  'GET /v1/federations/{id}/rounds/{round}/replay': { sent: types.ReplaysControllerGetData; answered: types.ReplaysControllerGetResponses[keyof types.ReplaysControllerGetResponses] };
  /** Compute merge and assignment of a round again, and compare with what was recorded. */
  'POST /v1/federations/{id}/rounds/{round}/replay': { sent: types.ReplaysControllerRequestData; answered: types.ReplaysControllerRequestResponses[keyof types.ReplaysControllerRequestResponses] };
  /** All rounds that were started, with what every client measured. */
  'GET /v1/federations/{id}/rounds': { sent: types.RoundsControllerRoundsData; answered: types.RoundsControllerRoundsResponses[keyof types.RoundsControllerRoundsResponses] };
  /** One round. */
  'GET /v1/federations/{id}/rounds/{round}': { sent: types.RoundsControllerRoundData; answered: types.RoundsControllerRoundResponses[keyof types.RoundsControllerRoundResponses] };
  /** Who holds which experts; of the newest assignment when no round is named. */
  'GET /v1/federations/{id}/assignments': { sent: types.RoundsControllerAssignmentsData; answered: types.RoundsControllerAssignmentsResponses[keyof types.RoundsControllerAssignmentsResponses] };
  /** The clients' personalised adapters; the newest ones when no round is named. */
  'GET /v1/federations/{id}/adapters': { sent: types.RoundsControllerAdaptersData; answered: types.RoundsControllerAdaptersResponses[keyof types.RoundsControllerAdaptersResponses] };
  /** Download an adapter: safetensors, verified against its digest. */
  'GET /v1/federations/{id}/adapters/{client}': { sent: types.RoundsControllerAdapterData; answered: types.RoundsControllerAdapterResponses[keyof types.RoundsControllerAdapterResponses] };
  /** Pause a federation: no new jobs; what runs may end and is recorded. */
  'POST /v1/federations/{id}/pause': { sent: types.SteeringControllerPauseData; answered: types.SteeringControllerPauseResponses[keyof types.SteeringControllerPauseResponses] };
  /** Resume a paused federation. Where too few clients had answered, those that had not get another attempt. */
  'POST /v1/federations/{id}/resume': { sent: types.SteeringControllerResumeData; answered: types.SteeringControllerResumeResponses[keyof types.SteeringControllerResumeResponses] };
  /** Take a client out: it is waited for no more; what it has handed in is still merged. */
  'POST /v1/federations/{id}/clients/{name}/leave': { sent: types.SteeringControllerLeaveData; answered: types.SteeringControllerLeaveResponses[keyof types.SteeringControllerLeaveResponses] };
  /** Take in a registered client, new or back again: it takes part from the next round on. */
  'POST /v1/federations/{id}/clients/{name}/join': { sent: types.SteeringControllerJoinData; answered: types.SteeringControllerJoinResponses[keyof types.SteeringControllerJoinResponses] };
  /** Give a client's parked job another attempt, while its round is open. */
  'POST /v1/federations/{id}/rounds/{round}/clients/{name}/retry': { sent: types.SteeringControllerRetryData; answered: types.SteeringControllerRetryResponses[keyof types.SteeringControllerRetryResponses] };
  /** Create a federation that goes on from a round of this one. It waits for its start. */
  'POST /v1/federations/{id}/fork': { sent: types.SteeringControllerForkData; answered: types.SteeringControllerForkResponses[keyof types.SteeringControllerForkResponses] };
  /** Check the hash chain over the whole log; names the first event that was tampered with. */
  'GET /v1/events/verify': { sent: types.VerificationControllerVerifyData; answered: types.VerificationControllerVerifyResponses[keyof types.VerificationControllerVerifyResponses] };
}
