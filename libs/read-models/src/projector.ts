/** Keeps the read models up to date, and builds them again. */
import type { Database, EventStore } from '@fedamole/event-store';
import type { ProjectionTarget } from './project-events.js';
import { projectEvents } from './project-events.js';
import { projectionsVersion } from './projections.js';
import type { RebuildOptions } from './rebuild.js';
import { rebuildReadModels, rebuildProgress } from './rebuild.js';

const checkpoint = 'read-models';

export interface ReadModelsState {
  /** Position of the last event that the rows know of. */
  readonly position: number;
  /** Position of the log's last event. */
  readonly end: number;
  /** Of the projections that wrote the rows, and of this release's. */
  readonly version: number;
  readonly currentVersion: number;
  /** Position that a rebuild has come to; null while none runs. */
  readonly rebuilding: number | null;
}

export class Projector {
  private running: Promise<void> | null = null;
  private readonly target: ProjectionTarget;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {
    this.target = { prisma: database.prisma, schema: 'public', checkpoint };
  }

  /** Projects everything that can be read when it is called. Calls at the same time share one run and one more. */
  async catchUp(): Promise<void> {
    if (this.running) await this.running.catch(() => undefined);
    this.running ??= this.projectAll().finally(() => {
      this.running = null;
    });
    await this.running;
  }

  /**
   * Builds all read models again from the first event on, while reads go on answering from the old rows.
   *
   * @throws RebuildRunningError where one is under way, in this process or another
   */
  async rebuild(options: RebuildOptions = {}): Promise<void> {
    await rebuildReadModels(this.database, this.store, checkpoint, options);
  }

  /** Whether the rows are an older release's. (A newer release's are left to the newer replicas.) */
  async isOutdated(): Promise<boolean> {
    const { version, currentVersion } = await this.state();
    return version < currentVersion;
  }

  async state(): Promise<ReadModelsState> {
    const { rows } = await this.database.pool.query<{ position: string; version: number; end: string }>(
      `SELECT coalesce(checkpoint.position, 0)::text AS position, coalesce(checkpoint.version, $2) AS version,
         event_head.position::text AS end
       FROM event_head LEFT JOIN checkpoint ON checkpoint.name = $1`,
      [checkpoint, projectionsVersion],
    );
    const [reached] = rows;
    if (!reached) throw new Error("the event log's head is missing");
    return {
      position: Number(reached.position),
      end: Number(reached.end),
      version: reached.version,
      currentVersion: projectionsVersion,
      rebuilding: await rebuildProgress(this.database),
    };
  }

  private async projectAll(): Promise<void> {
    while ((await projectEvents(this.target, this.store)) > 0);
  }
}
