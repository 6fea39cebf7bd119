/** The whole platform on one machine that has Node and nothing else: PostgreSQL, a queue, and the platform's processes. */
import type { ClusterDescription } from './cluster-file.js';
import { readClusterFile, writeClusterFile } from './cluster-file.js';
import type { ClusterOptions } from './cluster-options.js';
import { findKept, findRunning, stopKept } from './kept-cluster.js';
import { requireFreePort } from './ports.js';
import { isRunning } from './processes.js';
import type { RunningPlatform } from './start-platform.js';
import { startPlatform } from './start-platform.js';
import { openStateFolder } from './state-folder.js';
import { lockState } from './state-lock.js';
import { UndoStack } from './undo-stack.js';

export class Cluster {
  private constructor(
    readonly stateFolder: string,
    private readonly platform: RunningPlatform,
    private readonly undo: UndoStack,
    private readonly unlock: () => Promise<void>,
  ) {}

  /**
   * Starts everything and waits until it is ready. Throws where the state folder is used by another supervisor or a
   * kept cluster, the folder or the port cannot be used, or a part does not start; then nothing is left running.
   */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { state, ...folders } = await openStateFolder(options.stateFolder);
    const lock = await lockState(state);
    const undo = new UndoStack();
    undo.add(lock.release);
    try {
      await refuseKept(state);
      if (options.apiPort) await requireFreePort(options.apiPort, 'the api');
      options.signal?.throwIfAborted();
      const platform = await startPlatform(options, { state, ...folders }, undo);
      return new Cluster(state, platform, undo, lock.release);
    } catch (error) {
      await undo.run();
      throw error;
    }
  }

  /** A kept cluster of this state folder whose api is running; null where there is none. */
  static find(stateFolder: string): Promise<ClusterDescription | null> {
    return findKept(stateFolder);
  }

  /** A cluster of this state folder whose api is running, whoever supervises it; null where there is none. */
  static running(stateFolder: string): Promise<ClusterDescription | null> {
    return findRunning(stateFolder);
  }

  /** Stops a kept cluster, or what is left of it, from any process. Says whether there was one. */
  static stopKept(stateFolder: string): Promise<boolean> {
    return stopKept(stateFolder);
  }

  get apiUrl(): string {
    return this.describe().apiUrl;
  }

  /** An operator's key of the api. */
  get apiKey(): string {
    return this.describe().apiKey;
  }

  /** What runs at the moment. */
  describe(): ClusterDescription {
    return this.platform.describe(false);
  }

  /**
   * Lets everything outlive this process; from then on nothing that ends is started again. `Cluster.find` finds it and
   * `Cluster.stopKept` stops it.
   */
  async keep(): Promise<ClusterDescription> {
    for (const watch of this.platform.watches) await watch.end();
    for (const service of this.platform.services) await service.detach();
    const description = this.platform.describe(true);
    await writeClusterFile(this.stateFolder, description);
    this.undo.forget();
    await this.unlock();
    return description;
  }

  /** Stops workers, then the api, then the queue and PostgreSQL. Twice is once. */
  stop(): Promise<void> {
    return this.undo.run();
  }
}

async function refuseKept(stateFolder: string): Promise<void> {
  const description = await readClusterFile(stateFolder);
  if (!description?.kept) return;
  const running = await Promise.all(description.services.map(({ process }) => isRunning(process)));
  if (!running.includes(true)) return;
  throw new Error(`A kept cluster runs on ${stateFolder}, at ${description.apiUrl}: stop it first.`);
}
