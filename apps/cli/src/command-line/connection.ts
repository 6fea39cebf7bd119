/** Which platform a command talks to: the one that is named, else the one that runs on this machine. */
import { ApiClient } from '@fedamole/api-client';
import { Cluster, type ClusterDescription } from '@fedamole/cluster';
import { NothingRunsError } from './exit-status.js';
import { UsageError } from '../usage-error.js';

export interface Named {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
}

/** The cluster's own key goes to the cluster's own address and to no other. */
export async function connect(
  named: Named,
  environment: Readonly<Record<string, string | undefined>>,
  stateFolder: string,
  signal: AbortSignal,
): Promise<ApiClient> {
  const url = named.url ?? environment['FEDAMOLE_API_URL'];
  const key = named.key ?? environment['FEDAMOLE_API_KEY'];
  if (url !== undefined && key !== undefined) return new ApiClient({ url: originOf(url), key, signal });
  const cluster = await Cluster.running(stateFolder);
  if (url === undefined) {
    if (cluster === null) throw new NothingRunsError(stateFolder);
    return new ApiClient({ url: cluster.apiUrl, key: key ?? keyOf(cluster), signal });
  }
  const origin = originOf(url);
  return new ApiClient({ url: origin, key: cluster?.apiUrl === origin ? keyOf(cluster) : undefined, signal });
}

/** A cluster whose API asks for none has none. */
export function keyOf(cluster: ClusterDescription): string | undefined {
  return 'apiKey' in cluster && typeof cluster.apiKey === 'string' ? cluster.apiKey : undefined;
}

function originOf(url: string): string {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address?.protocol === 'http:' || address?.protocol === 'https:') return address.origin;
  throw new UsageError(`The API's address is "${url}": expected one such as http://127.0.0.1:3000`);
}
