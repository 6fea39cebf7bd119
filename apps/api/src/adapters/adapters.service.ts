import { Inject, Injectable } from '@nestjs/common';
import type { AsOf } from '../federations/as-of.js';
import { loadFederation } from '../federations/loaded-federation.js';
import { Platform } from '../platform/platform.js';
import { findAdapter, listAdapters } from './adapters.js';
import { lineageOf } from './lineage.js';
import type { AdapterResource, LineageResource } from './schemas.js';

@Injectable()
export class AdaptersService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async list(id: string, round: number | undefined, asOf: AsOf): Promise<AdapterResource[]> {
    return listAdapters(await loadFederation(this.platform.store, id, asOf), round);
  }

  async read(id: string, client: string, round: number | undefined): Promise<{ bytes: Uint8Array; fileName: string }> {
    const adapter = findAdapter(await loadFederation(this.platform.store, id), client, round);
    const bytes = await this.platform.artifacts.get(adapter.digest);
    return { bytes, fileName: `${client}-round-${adapter.round}.safetensors` };
  }

  async lineage(id: string, client: string, round: number | undefined): Promise<LineageResource> {
    const loaded = await loadFederation(this.platform.store, id);
    return lineageOf(this.platform.store, loaded, findAdapter(loaded, client, round));
  }
}
