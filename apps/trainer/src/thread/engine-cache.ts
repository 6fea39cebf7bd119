/** The engine of the last job, kept for the next: jobs of one federation share it, whatever the client. */
import { folderDigest } from '@fedamole/artifacts';
import { holdWeights, readBaseModel, type Model, type WeightForm } from '@fedamole/base-models';
import { loadTokenizer, type Tokenizer } from '@fedamole/datasets';
import type { BaseModelReference, FederationConfiguration } from '@fedamole/federation';
import { selectModules } from '@fedamole/models';
import { Engine, type Device } from '@fedamole/training';
import { UnsuitableJobError } from './permanent-errors.js';
import type { Report } from './progress.js';

export interface LoadedModel {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
}

/** A base model, and where it lies. */
export interface PlacedModel extends BaseModelReference {
  readonly folder: string;
}

export interface EngineCacheSettings {
  /** Where the forms of frozen weights are kept that models' files do not hold. */
  readonly weightsFolder: string;
  readonly threads: number;
  readonly device: Device;
}

export class EngineCache {
  private readonly models = new Map<string, Promise<LoadedModel>>();
  private kept: { key: string; engine: Engine } | null = null;

  constructor(readonly settings: EngineCacheSettings) {}

  /** Reads a model once. Throws where its folder's contents have another digest. */
  model(reference: PlacedModel): Promise<LoadedModel> {
    const key = `${reference.folder} ${reference.digest}`;
    const known = this.models.get(key);
    if (known !== undefined) return known;
    const loading = this.load(reference);
    this.models.set(key, loading);
    // a failed reading must not be remembered: the folder may be mended
    loading.catch(() => this.models.delete(key));
    return loading;
  }

  /**
   * An engine over the federation's target modules, with the frozen weights in this form: converted first where no trainer of
   * this machine did so before.
   */
  async engine(
    reference: PlacedModel,
    configuration: FederationConfiguration,
    form: WeightForm,
    report: Report,
  ): Promise<Engine> {
    const { model } = await this.model(reference);
    const { rank, alpha, topK, balanceWeight, dropout, targetModules, recomputeActivations: recompute } = configuration;
    const adapter = { kind: 'mole', rank, alpha, topK } as const;
    const { device, threads, weightsFolder } = this.settings;
    const settings = { adapter, balanceWeight, dropout, recompute, device, threads };
    const key = JSON.stringify([reference, targetModules, form, settings]);
    if (this.kept?.key === key) return this.kept.engine;
    const previous = this.kept;
    this.kept = null;
    await previous?.engine.release();
    const modules = targetModules === null ? model.modules : selectModules(model.decoder, targetModules);
    const held = await holdWeights({ ...model, modules }, form, {
      folder: weightsFolder,
      onMatrix: (step, steps) => report({ phase: 'loading', step, steps }),
    });
    const engine = new Engine(held, settings);
    this.kept = { key, engine };
    return engine;
  }

  private async load({ folder, digest }: PlacedModel): Promise<LoadedModel> {
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
