import type { ReadModelsState } from '@fedamole/read-models';
import { RebuildRunningError } from '@fedamole/read-models';
import type { OnModuleDestroy } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { Platform } from '../platform/platform.js';

/** Rebuilds in the background; the api's end is the end of one under way, and changes nothing. */
@Injectable()
export class ReadModelsService implements OnModuleDestroy {
  private readonly closing = new AbortController();
  private rebuilding: Promise<void> = Promise.resolve();

  constructor(@Inject(Platform) private readonly platform: Platform) {}

  /** @throws RebuildRunningError where one is under way, here or at another replica */
  async startRebuild(): Promise<ReadModelsState> {
    const { projector, logger } = this.platform;
    const state = await projector.state();
    if (state.rebuilding !== null) throw new RebuildRunningError();
    this.rebuilding = projector.rebuild({ signal: this.closing.signal }).then(
      () => logger.info('the read models were built again'),
      (error: unknown) => logger.error({ err: error }, 'the read models could not be built again; they are as before'),
    );
    return { ...state, rebuilding: 0 };
  }

  state(): Promise<ReadModelsState> {
    return this.platform.projector.state();
  }

  async onModuleDestroy(): Promise<void> {
    this.closing.abort(new Error('the api is closing'));
    await this.rebuilding;
  }
}
