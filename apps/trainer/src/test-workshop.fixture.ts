/** What a training job needs, made for tests: clients with a few of the quickstart's examples, artifacts, jobs. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePool } from '@fedamole/adapters';
import { ArtifactStore, folderDigest } from '@fedamole/artifacts';
import { readModel, type Model } from '@fedamole/base-models';
import {
  federationConfiguration,
  resolveConfiguration,
  trainingConfiguration,
  type FederationConfigurationInput,
} from '@fedamole/federation';
import { selectModules } from '@fedamole/models';
import { initialisePool } from '@fedamole/mole';
import type { TrainingJob } from '@fedamole/queues';
import { seededRandom } from '@fedamole/seeded-random';
import type { ThreadSettings } from './thread/messages.js';

const quickstart = fileURLToPath(new URL('../../../examples/quickstart', import.meta.url));
const EXAMPLES = 40;
const EXPERTS = 6;

export const clients = ['call-notes', 'hospital-triage'] as const;
export type TrainJob = Extract<TrainingJob, { kind: 'train' }>;
export type BaselineJob = Extract<TrainingJob, { kind: 'measure-baseline' }>;

export class Workshop {
  private constructor(
    private readonly root: string,
    readonly model: Model,
    readonly modelDigest: string,
    readonly artifacts: ArtifactStore,
  ) {}

  /** Each client has a folder with the first 40 of its examples. */
  static async open(): Promise<Workshop> {
    const root = await mkdtemp(join(tmpdir(), 'trainer-'));
    await cp(join(quickstart, 'model'), join(root, 'models', 'model'), { recursive: true });
    const model = await readModel(join(root, 'models', 'model'));
    const digest = await folderDigest(model.folder);
    const workshop = new Workshop(root, model, digest, new ArtifactStore(join(root, 'artifacts')));
    for (const client of clients) {
      const text = await readFile(join(quickstart, 'clients', client, 'examples.jsonl'), 'utf8');
      await workshop.writeData(client, text.split('\n').slice(0, EXAMPLES));
    }
    return workshop;
  }

  close(): Promise<void> {
    return rm(this.root, { recursive: true });
  }

  dataFile(client: string): string {
    return join(this.root, 'clients', client, 'examples.jsonl');
  }

  async writeData(client: string, lines: readonly string[]): Promise<void> {
    await mkdir(join(this.root, 'clients', client), { recursive: true });
    await writeFile(this.dataFile(client), lines.join('\n'));
  }

  settings(names: readonly string[] = clients): ThreadSettings {
    return {
      clients: Object.fromEntries(names.map((client) => [client, join(this.root, 'clients', client)])),
      modelsFolder: join(this.root, 'models'),
      modelsCache: { folder: join(this.root, 'models-cache'), maximumBytes: 2 ** 30 },
      weightsFolder: join(this.root, 'weights'),
      artifacts: { kind: 'folder', folder: this.artifacts.name },
      threads: 1,
      device: 'cpu',
      checkpointSeconds: 60,
    };
  }

  /** What a trainer's process is started with, beside its queue. */
  environment(): Record<string, string> {
    const { modelsFolder, modelsCache, weightsFolder, clients, device } = this.settings();
    return {
      MODELS_FOLDER: modelsFolder,
      MODELS_CACHE_FOLDER: modelsCache.folder,
      WEIGHTS_FOLDER: weightsFolder,
      ARTIFACTS_FOLDER: this.artifacts.name,
      ARTIFACTS_FREE_MIB: '0',
      TRAINER_CLIENTS: JSON.stringify(clients),
      TRAINER_DEVICE: device,
      TRAINER_THREADS: '1',
    };
  }

  private header(changes: FederationConfigurationInput) {
    const input = { stepsPerRound: 3, maxNewTokens: 3, rank: 4, experts: EXPERTS, maxExperts: 4, ...changes };
    const configuration = resolveConfiguration(federationConfiguration.parse(input), clients.length);
    const baseModel = { name: 'model', digest: this.modelDigest };
    return { federationId: 'federation', round: 1, attempt: 1, configuration, client: 'call-notes', baseModel };
  }

  baselineJob(changes: FederationConfigurationInput = {}): BaselineJob {
    return { ...this.header(changes), round: 0, kind: 'measure-baseline' };
  }

  /** The first round of a client that holds experts 0 and 3 of every other module, and 1, 2 and 5 of the rest. */
  async trainJob(changes: FederationConfigurationInput = {}): Promise<TrainJob> {
    const header = this.header(changes);
    const configuration = trainingConfiguration.parse(header.configuration);
    const { targetModules } = configuration;
    const modules = targetModules === null ? this.model.modules : selectModules(this.model.decoder, targetModules);
    const held = Object.fromEntries(modules.map(({ name }, index) => [name, index % 2 === 0 ? [0, 3] : [1, 2, 5]]));
    return {
      ...header,
      configuration,
      kind: 'train',
      pool: await this.storePool(4, EXPERTS, modules),
      held,
      lastRound: false,
    };
  }

  /** The digest of a first pool. */
  storePool(rank: number, experts: number, modules = this.model.modules): Promise<string> {
    const pool = initialisePool(modules, { rank, experts }, (module) => seededRandom('pool', module));
    return this.artifacts.put(encodePool(modules, pool, { rank, alpha: 16, topK: 2, baseModel: this.modelDigest }));
  }
}
