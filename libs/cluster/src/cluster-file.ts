/** `cluster.json` in the state folder: what runs, so that another process can find it and stop it. */
import { join } from 'node:path';
import { readPrivateJson, writePrivateJson } from './private-json.js';
import type { KnownProcess } from './processes.js';

export interface ClusterDescription {
  /** Whether it was told to outlive the process that started it. */
  kept: boolean;
  startedAt: string;
  apiUrl: string;
  /** An operator's. */
  apiKey: string;
  /** Absolute path of the data of every client that the trainers reach. */
  clients: Readonly<Record<string, string>>;
  /** Absolute path of the models root. */
  modelsFolder: string;
  postgres: { url: string; dataFolder: string; process: KnownProcess };
  queue: { description: string; env: Record<string, string>; process: KnownProcess | null };
  services: { name: string; url: string | null; process: KnownProcess }[];
}

export const clusterFile = (stateFolder: string): string => join(stateFolder, 'cluster.json');

export const readClusterFile = (stateFolder: string): Promise<ClusterDescription | null> =>
  readPrivateJson<ClusterDescription>(clusterFile(stateFolder));

export const writeClusterFile = (stateFolder: string, description: ClusterDescription): Promise<void> =>
  writePrivateJson(clusterFile(stateFolder), description);
