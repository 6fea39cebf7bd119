// Generated from openapi.json by "npm run openapi": do not edit.
import type * as types from './types.gen.js';

/** What is sent and what is answered, by method and path. */
export interface Operations {
  /** The clients' personalised adapters; the newest ones when no round is named. */
  'GET /v1/federations/{id}/adapters': { sent: types.ListAdaptersData; answered: types.ListAdaptersResponses[keyof types.ListAdaptersResponses] };
  /** Download an adapter: safetensors, verified against its digest. */
  'GET /v1/federations/{id}/adapters/{client}': { sent: types.DownloadAdapterData; answered: types.DownloadAdapterResponses[keyof types.DownloadAdapterResponses] };
  /** Where an adapter comes from: base model, experts, and every pool since the first. */
  'GET /v1/federations/{id}/adapters/{client}/lineage': { sent: types.GetAdapterLineageData; answered: types.GetAdapterLineageResponses[keyof types.GetAdapterLineageResponses] };
  /** An artifact: its size, and the events for which it is there. */
  'GET /v1/artifacts/{digest}': { sent: types.GetArtifactData; answered: types.GetArtifactResponses[keyof types.GetArtifactResponses] };
  /** Download an artifact: a pool, an adapter, embeddings or scores, verified against its digest. */
  'GET /v1/artifacts/{digest}/content': { sent: types.DownloadArtifactData; answered: types.DownloadArtifactResponses[keyof types.DownloadArtifactResponses] };
  /** Remove artifacts that no event names any more, or tell which they are. */
  'POST /v1/artifacts/collect': { sent: types.CollectArtifactsData; answered: types.CollectArtifactsResponses[keyof types.CollectArtifactsResponses] };
  /** Who holds which experts; of the newest assignment when no round is named. */
  'GET /v1/federations/{id}/assignments': { sent: types.GetAssignmentData; answered: types.GetAssignmentResponses[keyof types.GetAssignmentResponses] };
  /** Why experts went to a client, or a module's experts to anybody: scores, ranks and limits. */
  'GET /v1/federations/{id}/assignments/choices': { sent: types.ExplainAssignmentData; answered: types.ExplainAssignmentResponses[keyof types.ExplainAssignmentResponses] };
  /** Who asked for which change, and what came of it. */
  'GET /v1/audit': { sent: types.ListAuditData; answered: types.ListAuditResponses[keyof types.ListAuditResponses] };
  /** All base models by name. */
  'GET /v1/base-models': { sent: types.ListBaseModelsData; answered: types.ListBaseModelsResponses[keyof types.ListBaseModelsResponses] };
  /** Register a base model: a folder below the models root, by name and digest; or say where its files are stored. */
  'POST /v1/base-models': { sent: types.RegisterBaseModelData; answered: types.RegisterBaseModelResponses[keyof types.RegisterBaseModelResponses] };
  /** One base model. */
  'GET /v1/base-models/{name}': { sent: types.GetBaseModelData; answered: types.GetBaseModelResponses[keyof types.GetBaseModelResponses] };
  /** All clients by name. */
  'GET /v1/clients': { sent: types.ListClientsData; answered: types.ListClientsResponses[keyof types.ListClientsResponses] };
  /** Register a client: someone whose data stay at a trainer. */
  'POST /v1/clients': { sent: types.RegisterClientData; answered: types.RegisterClientResponses[keyof types.RegisterClientResponses] };
  /** One client. */
  'GET /v1/clients/{name}': { sent: types.GetClientData; answered: types.GetClientResponses[keyof types.GetClientResponses] };
  /** Events of all streams, in the order in which every reader sees them. */
  'GET /v1/events': { sent: types.ListEventsData; answered: types.ListEventsResponses[keyof types.ListEventsResponses] };
  /** Events of all streams as they happen: server-sent events. */
  'GET /v1/events/stream': { sent: types.FollowEventsData; answered: types.FollowEventsResponses[keyof types.FollowEventsResponses] };
  /** A federation's events; `after` is the version of the last one seen. */
  'GET /v1/federations/{id}/events': { sent: types.ListFederationEventsData; answered: types.ListFederationEventsResponses[keyof types.ListFederationEventsResponses] };
  /** A federation's events as they happen: server-sent events. */
  'GET /v1/federations/{id}/events/stream': { sent: types.FollowFederationEventsData; answered: types.FollowFederationEventsResponses[keyof types.FollowFederationEventsResponses] };
  /** Federations, newest first. */
  'GET /v1/federations': { sent: types.ListFederationsData; answered: types.ListFederationsResponses[keyof types.ListFederationsResponses] };
  /** Create a federation. It waits for its start. */
  'POST /v1/federations': { sent: types.CreateFederationData; answered: types.CreateFederationResponses[keyof types.CreateFederationResponses] };
  /** Say everything that is wrong with a federation before it is created, and what it would take. */
  'POST /v1/federations/validate': { sent: types.ValidateFederationData; answered: types.ValidateFederationResponses[keyof types.ValidateFederationResponses] };
  /** One federation, as it is or as it was after any event. */
  'GET /v1/federations/{id}': { sent: types.GetFederationData; answered: types.GetFederationResponses[keyof types.GetFederationResponses] };
  /** Start a federation. Starting a running one changes nothing. */
  'POST /v1/federations/{id}/start': { sent: types.StartFederationData; answered: types.StartFederationResponses[keyof types.StartFederationResponses] };
  /** Cancel a federation. What is still computed for it is ignored. */
  'POST /v1/federations/{id}/cancel': { sent: types.CancelFederationData; answered: types.CancelFederationResponses[keyof types.CancelFederationResponses] };
  /** How far every client is in the current round. */
  'GET /v1/federations/{id}/progress': { sent: types.GetProgressData; answered: types.GetProgressResponses[keyof types.GetProgressResponses] };
  /** Whether the process answers. */
  'GET /health/live': { sent: types.IsAliveData; answered: types.IsAliveResponses[keyof types.IsAliveResponses] };
  /** Whether the database, the queue and the artifacts can be used. */
  'GET /health/ready': { sent: types.IsReadyData; answered: types.IsReadyResponses[keyof types.IsReadyResponses] };
  /** All keys that were ever made, without what is secret of them. */
  'GET /v1/keys': { sent: types.ListKeysData; answered: types.ListKeysResponses[keyof types.ListKeysResponses] };
  /** Make a key. The answer is the only one that shows it. */
  'POST /v1/keys': { sent: types.MakeKeyData; answered: types.MakeKeyResponses[keyof types.MakeKeyResponses] };
  /** The key of this very request: who one is, and what one may do. */
  'GET /v1/keys/current': { sent: types.GetCurrentKeyData; answered: types.GetCurrentKeyResponses[keyof types.GetCurrentKeyResponses] };
  /** Revoke a key. From then on it opens nothing; revoking it again changes nothing. */
  'DELETE /v1/keys/{id}': { sent: types.RevokeKeyData; answered: types.RevokeKeyResponses[keyof types.RevokeKeyResponses] };
  /** The queues and how full they are, and the jobs that are parked: failed for good, until somebody retries them. */
  'GET /v1/queues': { sent: types.ListQueuesData; answered: types.ListQueuesResponses[keyof types.ListQueuesResponses] };
  /** How far the read models are, and a rebuild if one runs. */
  'GET /v1/read-models': { sent: types.GetReadModelsData; answered: types.GetReadModelsResponses[keyof types.GetReadModelsResponses] };
  /** Build all read models again from the events. Reads go on answering meanwhile. */
  'POST /v1/read-models/rebuild': { sent: types.RebuildReadModelsData; answered: types.RebuildReadModelsResponses[keyof types.RebuildReadModelsResponses] };
  /** What the replay of a round came to. */
  'GET /v1/federations/{id}/rounds/{round}/replay': { sent: types.GetReplayData; answered: types.GetReplayResponses[keyof types.GetReplayResponses] };
  /** Compute merge and assignment of a round again, and compare with what was recorded. */
  'POST /v1/federations/{id}/rounds/{round}/replay': { sent: types.RequestReplayData; answered: types.RequestReplayResponses[keyof types.RequestReplayResponses] };
  /** All rounds that were started, with what every client measured. */
  'GET /v1/federations/{id}/rounds': { sent: types.ListRoundsData; answered: types.ListRoundsResponses[keyof types.ListRoundsResponses] };
  /** One round. */
  'GET /v1/federations/{id}/rounds/{round}': { sent: types.GetRoundData; answered: types.GetRoundResponses[keyof types.GetRoundResponses] };
  /** What is known of the clients' data: numbers and lengths of examples, never the examples. */
  'GET /v1/federations/{id}/datasets': { sent: types.ListDatasetsData; answered: types.ListDatasetsResponses[keyof types.ListDatasetsResponses] };
  /** Pause a federation: no new jobs; what runs may end and is recorded. */
  'POST /v1/federations/{id}/pause': { sent: types.PauseFederationData; answered: types.PauseFederationResponses[keyof types.PauseFederationResponses] };
  /** Resume a paused federation. Where too few clients had answered, those that had not get another attempt. */
  'POST /v1/federations/{id}/resume': { sent: types.ResumeFederationData; answered: types.ResumeFederationResponses[keyof types.ResumeFederationResponses] };
  /** Take a client out: it is waited for no more; what it has handed in is still merged. */
  'POST /v1/federations/{id}/clients/{name}/leave': { sent: types.LeaveFederationData; answered: types.LeaveFederationResponses[keyof types.LeaveFederationResponses] };
  /** Take in a registered client, new or back again: it takes part from the next round on. */
  'POST /v1/federations/{id}/clients/{name}/join': { sent: types.JoinFederationData; answered: types.JoinFederationResponses[keyof types.JoinFederationResponses] };
  /** Give a client's parked job another attempt, while its round is open. */
  'POST /v1/federations/{id}/rounds/{round}/clients/{name}/retry': { sent: types.RetryClientData; answered: types.RetryClientResponses[keyof types.RetryClientResponses] };
  /** Create a federation that goes on from a round of this one. It waits for its start. */
  'POST /v1/federations/{id}/fork': { sent: types.ForkFederationData; answered: types.ForkFederationResponses[keyof types.ForkFederationResponses] };
  /** Check the hash chain over the whole log; names the first event that was tampered with. */
  'GET /v1/events/verify': { sent: types.VerifyEventsData; answered: types.VerifyEventsResponses[keyof types.VerifyEventsResponses] };
  /** The trainers and aggregators that live: what each can, what it runs and how fast. */
  'GET /v1/workers': { sent: types.ListWorkersData; answered: types.ListWorkersResponses[keyof types.ListWorkersResponses] };
}
