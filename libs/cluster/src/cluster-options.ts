/** What a cluster is started with. */
export interface ClusterOptions {
  /** The repository's root: holds the compiled apps, prisma.config.ts and node_modules. */
  root: string;
  /** Holds the database, the artifacts and the logs; one supervisor at a time. */
  stateFolder: string;
  /** Path of the data of every client, by its name. */
  clients: Readonly<Record<string, string>>;
  /** Holds one folder per base model. */
  modelsFolder: string;
  trainers: number;
  threadsPerTrainer: number;
  /** Any free one where it is left out. */
  apiPort?: number;
  /** What the services inherit, and where REDIS_URL and PATH are read; this process's own where it is left out. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Told in one line of each step of the start, and later of every part that ended unasked and was started again. */
  onNotice?: (notice: string) => void;
  /** Ends a start that is under way; what was started by then is stopped again. */
  signal?: AbortSignal;
}
