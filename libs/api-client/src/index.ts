export { ApiClient, type ApiClientOptions } from './api-client.js';
export { ProblemError, UnreachableError, type Problem, type WrongField } from './problem-error.js';
export type { Answer, RequestName, Sent } from './requests.js';
export type { ServerSentEvent } from './server-sent-events.js';
