/** The REST calls of the quickstart, with the API's problem details as errors. */
import type {
  BaselineResult,
  ExpertAssignment,
  FederationConfigurationInput,
  TrainingResult,
  WeightForm,
  WeightFormComparison,
} from '@fedamole/federation';

export interface Federation {
  readonly id: string;
  readonly name: string;
  readonly status: 'created' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
  readonly reason: string | null;
  readonly baseModel: { readonly name: string; readonly digest: string };
  readonly clients: readonly string[];
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly weightForm: WeightForm | null;
  /** Float32 first; null where nothing was compared. */
  readonly weightFormsCompared: readonly WeightFormComparison[] | null;
  readonly modules: readonly { readonly name: string }[];
  readonly round: number;
  readonly rounds: number;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

export interface ClientProgress {
  readonly client: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly phase: string | null;
  readonly step: number;
  readonly steps: number;
  readonly loss: number | null;
  readonly tokensPerSecond: number | null;
}

export interface Progress {
  readonly status: Federation['status'];
  readonly round: number;
  readonly rounds: number;
  readonly clients: readonly ClientProgress[];
}

export interface Round {
  readonly round: number;
  readonly state: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly clients: readonly {
    readonly client: string;
    readonly baseline: BaselineResult | null;
    readonly result: TrainingResult | null;
    readonly failure: string | null;
  }[];
  readonly aggregated: { readonly pool: string; readonly poolBytes: number; readonly seconds: number } | null;
}

/** Thrown where the API refuses; the message and the code are the problem's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    readonly code: string | null,
  ) {
    super(message);
  }
}

export class ApiClient {
  constructor(
    readonly url: string,
    private readonly key: string,
    private readonly signal: AbortSignal,
  ) {}

  registerBaseModel = (model: { name: string; digest: string }): Promise<unknown> =>
    this.post('/v1/base-models', model);
  registerClient = (client: { name: string }): Promise<unknown> => this.post('/v1/clients', client);
  createFederation = (federation: {
    name: string;
    baseModel: string;
    clients: readonly string[];
    configuration: FederationConfigurationInput;
  }): Promise<Federation> => this.post('/v1/federations', federation);
  startFederation = (id: string): Promise<Federation> => this.post(`/v1/federations/${id}/start`, {});
  cancelFederation = (id: string, reason: string): Promise<Federation> =>
    this.post(`/v1/federations/${id}/cancel`, { reason });
  resumeFederation = (id: string): Promise<Federation> => this.post(`/v1/federations/${id}/resume`, {});
  federation = (id: string): Promise<Federation> => this.get(`/v1/federations/${id}`);
  progress = (id: string): Promise<Progress> => this.get(`/v1/federations/${id}/progress`);
  rounds = async (id: string): Promise<readonly Round[]> =>
    (await this.get<{ rounds: Round[] }>(`/v1/federations/${id}/rounds`)).rounds;
  assignment = async (id: string, round: number): Promise<ExpertAssignment> =>
    (await this.get<{ assignment: ExpertAssignment }>(`/v1/federations/${id}/assignments?round=${round}`)).assignment;

  /** Those that were created and not started, those that run and those that are paused. */
  async unfinishedFederations(): Promise<Federation[]> {
    const pages = await Promise.all(
      ['created', 'running', 'paused'].map((status) =>
        this.get<{ federations: { id: string }[] }>(`/v1/federations?status=${status}&limit=100`),
      ),
    );
    return Promise.all(pages.flatMap(({ federations }) => federations).map(({ id }) => this.federation(id)));
  }

  async adapter(id: string, client: string): Promise<Uint8Array> {
    const response = await this.request(`/v1/federations/${id}/adapters/${client}`, {});
    return new Uint8Array(await response.arrayBuffer());
  }

  private async get<T>(path: string): Promise<T> {
    return (await (await this.request(path, {})).json()) as T;
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return (await (await this.request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as T;
  }

  private async request(path: string, options: RequestInit): Promise<Response> {
    const headers = { ...options.headers, authorization: `Bearer ${this.key}` };
    const response = await fetch(`${this.url}${path}`, { ...options, headers, signal: this.signal });
    if (response.ok) return response;
    const text = await response.text();
    const problem = problemOf(text);
    const detail = problem === null ? `status ${response.status}: ${text}` : problem.detail;
    throw new ApiError(`${options.method ?? 'GET'} ${path}: ${detail}`, problem?.code ?? null);
  }
}

function problemOf(body: string): { detail: string; code: string } | null {
  try {
    const problem = JSON.parse(body) as { detail?: unknown; code?: unknown; errors?: unknown };
    if (typeof problem.detail !== 'string') return null;
    const errors = Array.isArray(problem.errors) ? ` ${JSON.stringify(problem.errors)}` : '';
    return { detail: problem.detail + errors, code: String(problem.code) };
  } catch {
    // not a problem document: the caller shows the text as it is
    return null;
  }
}
