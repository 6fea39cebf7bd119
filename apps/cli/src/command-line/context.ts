/** What every command works with: where the platform is, and where its words go. */
import type { ApiClient } from '@fedamole/api-client';
import type { ClusterDescription } from '@fedamole/cluster';
import type { Output } from './output.js';

export interface Context {
  readonly output: Output;
  /** Aborted by Ctrl-C and its like. */
  readonly signal: AbortSignal;
  /** Of the cluster of this machine, whether it runs or not. */
  readonly stateFolder: string;
  /** The cluster of the state folder, where it runs. */
  cluster(): Promise<ClusterDescription | null>;
  /** Of the platform that was named, or that runs on this machine. Throws an UnreachableError where there is none. */
  api(): Promise<ApiClient>;
  /** All that is on standard input. */
  readInput(): Promise<string>;
}
