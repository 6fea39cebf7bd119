/** The platform's REST API, as far as a federation's run needs it. */
import type {
  AdaptedModule,
  BaselineResult,
  BaseModelReference,
  ExpertAssignment,
  FederationConfiguration,
  FederationConfigurationInput,
  TrainingResult,
} from '@fedamole/federation';

export interface FederationBody {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly baseModel: BaseModelReference;
  readonly modules: readonly AdaptedModule[];
  readonly configuration: FederationConfiguration;
}

export interface ProgressBody {
  readonly round: number;
  readonly clients: readonly { readonly client: string; readonly phase: string | null; readonly step: number }[];
}

export interface RoundBody {
  readonly round: number;
  readonly clients: readonly {
    readonly client: string;
    readonly baseline: BaselineResult | null;
    readonly result: TrainingResult | null;
  }[];
  readonly aggregated: { readonly pool: string } | null;
}

export interface AssignmentBody {
  readonly round: number;
  readonly scores: string;
  readonly assignment: ExpertAssignment;
}

export interface AdapterBody {
  readonly client: string;
  readonly round: number;
  readonly digest: string;
  readonly bytes: number;
}

export interface EventBody {
  /** 1 for the first event of the federation. */
  readonly version: number;
  /** ISO 8601. */
  readonly recordedAt: string;
  readonly type: string;
  readonly data: { readonly round?: number; readonly client?: string };
}

export interface ReplayBody {
  readonly round: number;
  readonly state: string;
  readonly equal: boolean | null;
}

export interface VerificationBody {
  readonly intact: boolean;
  readonly events: number;
}

export class PlatformApi {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async registerBaseModel(model: BaseModelReference): Promise<void> {
    await this.post('base-models', model);
  }

  async registerClient(name: string): Promise<void> {
    await this.post('clients', { name });
  }

  createFederation(federation: {
    name?: string;
    baseModel: string;
    clients: readonly string[];
    configuration: FederationConfigurationInput;
  }): Promise<FederationBody> {
    return this.post('federations', federation);
  }

  start(id: string): Promise<FederationBody> {
    return this.post(`federations/${id}/start`);
  }

  federation(id: string): Promise<FederationBody> {
    return this.get(`federations/${id}`);
  }

  progress(id: string): Promise<ProgressBody> {
    return this.get(`federations/${id}/progress`);
  }

  async rounds(id: string): Promise<RoundBody[]> {
    return (await this.get<{ rounds: RoundBody[] }>(`federations/${id}/rounds`)).rounds;
  }

  assignment(id: string, round: number): Promise<AssignmentBody> {
    return this.get(`federations/${id}/assignments?round=${round}`);
  }

  async adapters(id: string, round: number): Promise<AdapterBody[]> {
    return (await this.get<{ adapters: AdapterBody[] }>(`federations/${id}/adapters?round=${round}`)).adapters;
  }

  async download(id: string, client: string, round: number): Promise<Uint8Array> {
    const response = await this.request(`federations/${id}/adapters/${client}?round=${round}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  async events(id: string): Promise<EventBody[]> {
    return (await this.get<{ events: EventBody[] }>(`federations/${id}/events?limit=500`)).events;
  }

  requestReplay(id: string, round: number): Promise<ReplayBody> {
    return this.post(`federations/${id}/rounds/${round}/replay`);
  }

  replay(id: string, round: number): Promise<ReplayBody> {
    return this.get(`federations/${id}/rounds/${round}/replay`);
  }

  verify(): Promise<VerificationBody> {
    return this.get('events/verify');
  }

  private async get<Body>(path: string): Promise<Body> {
    return (await (await this.request(path)).json()) as Body;
  }

  private async post<Body>(path: string, body?: unknown): Promise<Body> {
    const headers = { 'content-type': 'application/json' };
    const content = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    return (await (await this.request(path, { method: 'POST', ...content })).json()) as Body;
  }

  private async request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.key}` };
    const response = await fetch(`${this.url}/v1/${path}`, { ...init, headers });
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
