import { BenchmarkError } from './benchmark-error.js';

export type Call = <Body>(path: string, body?: object) => Promise<Body>;

/** Calls to an api, with its key: POST where there is a body, else GET. Throws where it answers with an error. */
export const callsTo =
  (url: string, key: string, signal: AbortSignal): Call =>
  async <Body>(path: string, body?: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${url}/${path}`, { ...post, headers, signal });
    if (!response.ok) throw new BenchmarkError(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  };
