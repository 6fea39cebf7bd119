import { CorruptArtifactError, folderDigest, MissingArtifactError, OversizedArtifactError } from '@fedamole/artifacts';
import { ModelManifestError, readManifest } from '@fedamole/base-models';
import type { BaseModel, BaseModelPublication } from '@fedamole/federation';
import { baseModelStream, DomainError } from '@fedamole/federation';
import { listBaseModels } from '@fedamole/read-models';
import { Inject, Injectable } from '@nestjs/common';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { foldStream, handleCommand } from '../commands/command-handler.js';
import { baseModelDecider } from '../commands/deciders.js';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import { adaptedModules } from './adapted-modules.js';
import { readModelForCaller } from './read-model-for-caller.js';
import type { BaseModelResource, RegisterBaseModelBody } from './schemas.js';

@Injectable()
export class BaseModelsService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  /** Reads and digests the folder, unless the same model is registered already; a manifest is checked before anything is recorded. */
  async register(body: RegisterBaseModelBody): Promise<{ resource: BaseModelResource; created: boolean }> {
    const existing = await this.find(body.name);
    if (existing && existing.digest !== body.digest) {
      throw new DomainError(
        'BASE_MODEL_CONFLICT',
        `base model "${body.name}" is already registered with digest ${existing.digest}, not ${body.digest}`,
        { name: body.name, registered: existing.digest, given: body.digest },
      );
    }
    const { name, manifest } = body;
    if (existing && (manifest === undefined || manifest === existing.manifest))
      return { resource: existing, created: false };
    const publication = manifest === undefined ? undefined : await this.publication(body, manifest);
    const data = existing ?? (await this.read(body));
    const command = { type: 'RegisterBaseModel' as const, data: modelOf(data), ...(publication && { publication }) };
    await handleCommand(this.platform.store, baseModelDecider, baseModelStream(name), command);
    return { resource: await this.get(name), created: existing === null };
  }

  async get(name: string): Promise<BaseModelResource> {
    const found = await this.find(name);
    if (!found) throw new ProblemException('BASE_MODEL_NOT_FOUND', `there is no base model "${name}"`);
    return found;
  }

  async list(): Promise<BaseModelResource[]> {
    const { projector, database } = this.platform;
    await projector.catchUp();
    const records = await listBaseModels(database.prisma);
    return records.map((record) => ({ ...record, registeredAt: record.registeredAt.toISOString() }));
  }

  private async find(name: string): Promise<BaseModelResource | null> {
    const { state, stored } = await foldStream(this.platform.store, baseModelDecider, baseModelStream(name));
    const registeredAt = stored[0]?.recordedAt;
    if (state.status === 'absent' || !registeredAt) return null;
    const { model, manifest } = state;
    return { ...model, modules: [...model.modules], manifest, registeredAt: registeredAt.toISOString() };
  }

  /** Where the files lie that the manifest lists: all of them have to be there, as long as it says. */
  private async publication({ name, digest }: RegisterBaseModelBody, manifest: string): Promise<BaseModelPublication> {
    const { artifacts } = this.platform;
    const { files } = await readManifest(artifacts, manifest, digest).catch(refused);
    for (const { name: file, bytes, sha256 } of files) {
      const size = await artifacts.size(sha256).catch(refused);
      if (size !== bytes)
        refused(new ModelManifestError(`${file} has ${size} bytes; manifest ${manifest} says ${bytes}`));
    }
    return {
      name,
      manifest,
      files: files.map(({ name: file, bytes, sha256 }) => ({ name: file, bytes, artifact: sha256 })),
    };
  }

  /** The name holds no slash and begins with no dot, so the folder is one of the models root. */
  private async read({ name, digest }: RegisterBaseModelBody): Promise<BaseModel> {
    const folder = join(this.platform.settings.modelsFolder, name);
    const found = await stat(folder).catch(() => null);
    if (!found?.isDirectory()) {
      throw new ProblemException('BASE_MODEL_UNREADABLE', `there is no folder "${name}" in the models folder`);
    }
    const model = await readModelForCaller(folder);
    const actual = await folderDigest(folder);
    if (actual !== digest) {
      const detail = `the folder "${name}" has digest ${actual}, not ${digest}`;
      throw new ProblemException('BASE_MODEL_DIGEST_MISMATCH', detail, { details: { actual, given: digest } });
    }
    const modules = adaptedModules(model.modules);
    return { name, digest, modules, parameterCount: model.parameterCount, maxPositions: model.decoder.maxPositions };
  }
}

/** What events tell of a model. */
const modelOf = ({ name, digest, modules, parameterCount, maxPositions }: BaseModel): BaseModel => ({
  name,
  digest,
  modules,
  parameterCount,
  maxPositions,
});

const manifestFaults = [CorruptArtifactError, MissingArtifactError, ModelManifestError, OversizedArtifactError];

function refused(error: unknown): never {
  if (!manifestFaults.some((kind) => error instanceof kind)) throw error;
  throw new ProblemException('BASE_MODEL_MANIFEST_REFUSED', (error as Error).message);
}
