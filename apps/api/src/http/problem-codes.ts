/**
 * Every code that an error can carry: its status, and a detail as it may come. The codes are part of the API: they never
 * change their meaning.
 */
import type { DomainErrorCode } from '@fedamole/federation';

interface CodeDescription {
  readonly status: number;
  /** When it comes. */
  readonly when: string;
  /** As it may be said. */
  readonly example: string;
}

const code = (status: number, when: string, example: string): CodeDescription => ({ status, when, example });

/** The domain knows no HTTP: this is the one place where a refusal becomes a status. */
const ofDomain: Record<DomainErrorCode, CodeDescription> = {
  BASE_MODEL_CONFLICT: code(409, 'It is registered with another digest.', 'base model "model" is already registered'),
  CLIENT_CONFLICT: code(409, 'It is registered with another description.', 'client "ward" is already registered'),
  CLIENT_NOT_IN_FEDERATION: code(404, 'The client takes no part.', 'client "ward" is not part of federation 7f3a'),
  CLIENTS_NOT_DISTINCT: code(400, 'A client is named twice.', 'clients are named more than once: ward'),
  CONFIGURATION_CONFLICT: code(422, 'Two settings exclude each other.', 'learningRateSchedule needs warmupSteps'),
  FEDERATION_ALREADY_EXISTS: code(409, 'There is one of that identifier.', 'federation 7f3a exists already'),
  FEDERATION_ALREADY_FINISHED: code(409, 'It has ended.', 'federation 7f3a is completed'),
  FEDERATION_INFEASIBLE: code(
    422,
    'No assignment of experts satisfies the limits.',
    'k <= C: an expert picks 2 of 1 clients (off by 1)',
  ),
  FEDERATION_NOT_FOUND: code(404, 'There is none, or none that the key may know of.', 'there is no federation "7f3a"'),
  FEDERATION_NOT_RUNNING: code(409, 'It was not started.', 'federation 7f3a was not started'),
  FEDERATION_PAUSED: code(409, 'It is paused.', 'federation 7f3a is paused'),
  LAST_CLIENT: code(409, 'Nobody would be left.', 'client "ward" is the last one of federation 7f3a'),
  NO_ROOM_FOR_PROMPTS: code(422, 'New tokens leave no room.', 'maxNewTokens 128 leaves no room in maxLength 128'),
  RESULT_REFUSED: code(422, 'A result does not fit.', 'the result of client "ward" is refused'),
  ROUND_ALREADY_CLOSED: code(409, 'The round takes no more answers.', 'round 3 is closed'),
  ROUND_NOT_STARTED: code(409, 'The round was not started.', 'round 3 was not started'),
  ROUND_WITHOUT_POOL: code(409, 'The round has no pool of experts.', 'round 3 was not aggregated'),
};

const ofApi = {
  VALIDATION_FAILED: code(400, 'Fields are wrong; `errors` names each.', 'name: Invalid input'),
  MALFORMED_REQUEST: code(400, 'The body is no JSON.', 'Unexpected token } in JSON at position 12'),
  KEY_REQUIRED: code(401, 'No key came.', 'a key is needed: send "Authorization: Bearer <key>"'),
  KEY_INVALID: code(401, 'It is no key of this API.', 'there is no such key'),
  KEY_REVOKED: code(401, 'The key was revoked.', 'the key was revoked at 2026-11-24T08:00:00.000Z'),
  KEY_EXPIRED: code(401, 'The key has expired.', 'the key expired at 2026-11-24T08:00:00.000Z'),
  SCOPE_INSUFFICIENT: code(403, 'The key may not do this.', 'this needs a key of scope operator; yours is viewer'),
  CLIENT_OF_ANOTHER_SITE: code(403, 'The site stands for others.', 'your key stands for ward, and not for "bank"'),
  NO_SUCH_ROUTE: code(404, 'There is nothing at that path.', 'Cannot GET /v1/nothing'),
  ADAPTER_NOT_FOUND: code(404, 'The client has none.', 'client "ward" has no adapter of round 3 in federation 7f3a'),
  ARTIFACT_MISSING: code(404, 'The file is gone.', 'there is no artifact 9f86d081'),
  ASSIGNMENT_NOT_FOUND: code(404, 'Nothing was assigned.', 'federation 7f3a has no assignment of experts for round 3'),
  BASE_MODEL_NOT_FOUND: code(404, 'There is none of that name.', 'there is no base model "model"'),
  CLIENT_NOT_FOUND: code(404, 'There is none, or none that the key may know of.', 'there is no client "ward"'),
  EVENT_NOT_FOUND: code(404, 'There is no such moment.', 'federation 7f3a has no event of version 99'),
  KEY_NOT_FOUND: code(404, 'There is none of that identifier.', 'there is no key "AbCdEfGhIjKl"'),
  REPLAY_NOT_FOUND: code(404, 'None was asked for.', 'no replay of round 1 of federation 7f3a was asked for'),
  ROUND_NOT_FOUND: code(404, 'It was not started.', 'round 3 of federation 7f3a was not started'),
  CHANGED_MEANWHILE: code(409, 'Others kept changing it.', 'stream federation-7f3a is not at version 7 any more'),
  REBUILD_RUNNING: code(409, 'One is under way.', 'the read models are being rebuilt already'),
  REQUEST_UNDER_WAY: code(
    409,
    'The first request under this idempotency key has no answer yet, or was cut off.',
    'a request under idempotency key "7" has not been answered',
  ),
  ROUND_NOT_AGGREGATED: code(409, 'There is nothing to compare with.', 'round 3 of federation 7f3a was not aggregated'),
  VERSION_CHANGED: code(412, 'It is at another version than If-Match names.', 'it is at version 9, and not at 7'),
  BODY_TOO_LARGE: code(413, 'The body is larger than API_BODY_LIMIT.', 'request entity too large'),
  MEDIA_TYPE_UNSUPPORTED: code(
    415,
    'The body is in a charset or encoding that is not read.',
    'unsupported charset "X"',
  ),
  BASE_MODEL_DIGEST_MISMATCH: code(422, 'The folder holds another model.', 'the folder has digest 9f86, not 60303ae2'),
  BASE_MODEL_MANIFEST_REFUSED: code(
    422,
    'It is no manifest of the model, or lacks files.',
    'manifest 9f86 is of the model with digest 60303ae2, not of 5994471a',
  ),
  BASE_MODEL_NOT_REGISTERED: code(422, 'Register it first.', 'base model "model" is not registered'),
  BASE_MODEL_UNREADABLE: code(422, 'The folder cannot be read.', 'there is no folder "model" in the models folder'),
  CLIENTS_NOT_REGISTERED: code(422, 'Register them first.', 'clients are not registered: ward'),
  IDEMPOTENCY_KEY_REUSED: code(422, 'The key stands for another request.', 'idempotency key "7" stands for another'),
  TARGET_MODULES_UNKNOWN: code(422, 'The model has no such layer.', 'target "z_proj" is no linear layer'),
  TOO_MANY_REQUESTS: code(429, 'Ask again after `Retry-After` seconds.', 'at most 6000 requests a minute are answered'),
  ARTIFACT_CORRUPT: code(500, 'The file is not what its digest says.', 'artifact 9f86d081 is damaged'),
  INTERNAL_ERROR: code(
    500,
    'A fault of the API; its log says more.',
    'something went wrong; the log of the api says what',
  ),
  NOT_READY: code(503, 'Something cannot be used; `details` says what, and why.', 'cannot use: queue'),
} satisfies Record<string, CodeDescription>;

export const problemCodes = { ...ofDomain, ...ofApi };
export type ProblemCode = keyof typeof problemCodes;
