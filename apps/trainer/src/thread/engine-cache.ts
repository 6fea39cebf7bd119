/** The engine of the last job, kept for the next: jobs of one federation share it, whatever the client. */
import { join } from 'node:path';
import { folderDigest } from '@fedamole/artifacts';
import { readBaseModel, type Model } from '@fedamole/base-models';
import { loadTokenizer, type Tokenizer } from '@fedamole/datasets';
import type { BaseModelReference, FederationConfiguration } from '@fedamole/federation';
import { Engine, type Device } from '@fedamole/training';
import { UnsuitableJobError } from './permanent-errors.js';

export interface LoadedModel {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
}

export class EngineCache {
  private readonly models = new Map<string, Promise<LoadedModel>>();
  private kept: { key: string; engine: Engine } | null = null;

  constructor(
    private readonly modelsFolder: string,
    private readonly threads: number,
    readonly device: Device,
  ) {}

  /** Reads a model of the models folder once. Throws where its contents have another digest. */
  model(reference: BaseModelReference): Promise<LoadedModel> {
    const key = `${reference.name} ${reference.digest}`;
    const known = this.models.get(key);
    if (known !== undefined) return known;
    const loading = this.load(reference);
    this.models.set(key, loading);
    // a failed reading must not be remembered: the folder may be mended
    loading.catch(() => this.models.delete(key));
    return loading;
  }

  async engine(reference: BaseModelReference, configuration: FederationConfiguration): Promise<Engine> {
    const { model } = await this.model(reference);
    const { rank, alpha, topK, balanceWeight, dropout } = configuration;
    const key = JSON.stringify([reference, rank, alpha, topK, balanceWeight, dropout]);
    if (this.kept?.key === key) return this.kept.engine;
    const previous = this.kept;
    this.kept = null;
    await previous?.engine.release();
    const adapter = { kind: 'mole', rank, alpha, topK } as const;
    const { device, threads } = this;
    const engine = new Engine(model, { adapter, balanceWeight, dropout, device, threads });
    this.kept = { key, engine };
    return engine;
  }

  private async load({ name, digest }: BaseModelReference): Promise<LoadedModel> {
    const folder = join(this.modelsFolder, name);
    const model = await readBaseModel(folder);
    const actual = await folderDigest(folder);
    if (actual !== digest) {
      throw new UnsuitableJobError(
        `${folder}: this trainer's base model has digest ${actual}; the federation uses ${digest}`,
      );
    }
    return { model, tokenizer: await loadTokenizer(folder) };
  }
}
