import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from '@fedamole/cluster';
import type {
  Assignment,
  Choices,
  Dataset,
  Federation,
  Lineage,
  Replay,
  Round,
  StoredEvent,
  Worker,
} from './resources.js';
import type { Finished } from './terminal.fixture.js';
import { fedamole } from './terminal.fixture.js';

jest.setTimeout(180_000);

const clients = ['airline-passengers', 'bank-requests'];
const file = `
name: small
baseModel: model
clients: [${clients.join(', ')}]
configuration:
  rounds: 1
  stepsPerRound: 2
  batchSize: 2
  maxLength: 128
  maxNewTokens: 4
  experts: 4
`;

describe('fedamole on a platform of its own', () => {
  let stateFolder = '';
  let dataFolder: string | undefined;
  const run = (argv: readonly string[], input = ''): Promise<Finished> => fedamole(argv, { stateFolder, input });

  /** The JSON that a command prints; throws with what it said where it fails. */
  async function json<Result>(...argv: string[]): Promise<Result> {
    const { status, out, error } = await run([...argv, '--json']);
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${status} ${error}`);
    return JSON.parse(out) as Result;
  }

  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'fedamole-cli-'));
    // Root's PostgreSQL runs as another account, which must be able to pass through.
    await chmod(stateFolder, 0o711);
    const up = await run(['up', '--clients', '2', '--trainers', '1']);
    expect({ status: up.status, error: up.error }).toMatchObject({ status: 0 });
    dataFolder = (await Cluster.running(stateFolder))?.postgres.dataFolder;
    const created = await run(['federations', 'create', '-', '--watch'], file);
    expect({ status: created.status, error: created.error }).toEqual({ status: 0, error: '' });
    expect(created.out).toMatch(/^round 1: mean test loss \d/m);
    expect(created.out).toMatch(/^Federation \S+ completed its 1 rounds\.$/m);
  });

  afterAll(async () => {
    expect((await run(['down'])).out).toBe(`Stopped ${stateFolder}\n`);
    expect((await run(['status'])).status).toBe(5);
    await rm(stateFolder, { recursive: true, force: true });
    if (dataFolder !== undefined) await rm(dataFolder, { recursive: true, force: true });
  });

  it('says that it is ready, and what runs', async () => {
    const status = await json<{ ready: boolean; cluster: { services: { name: string; running: boolean }[] } }>(
      'status',
    );
    expect(status.ready).toBe(true);
    expect(status.cluster.services.map(({ name, running }) => [name, running])).toEqual([
      ['api', true],
      ['aggregator', true],
      ['trainer-1', true],
    ]);
    expect((await run(['clients', 'list'])).out).toMatch(/^airline-passengers +20/m);
  });

  it('shows who works and how full the queues are', async () => {
    const { workers } = await json<{ workers: Worker[] }>('workers');
    const trainer = workers.find(({ kind }) => kind === 'trainer');
    expect(workers.map(({ kind }) => kind).sort()).toEqual(['aggregator', 'trainer']);
    expect(trainer).toMatchObject({ problems: [], trainer: { pool: 'default', clients } });
    const shown = await run(['workers']);
    expect(shown.out).toMatch(/^trainer\.\S+ +default +cpu +\d+ +[\d.]+ GiB +- +airline-passengers bank-requests +/m);
    const queues = await run(['queues']);
    expect(queues.out).toMatch(/^training\.default +1 +0 +0 +0 +0 +0 +-$/m);
    expect(queues.out).toContain('No job is parked.');
  });

  it('finds a federation by name, by identifier, and as the newest', async () => {
    const { id } = await json<Federation>('federations', 'show', 'small');
    expect((await json<Federation>('federations', 'show', id)).name).toBe('small');
    expect((await json<Federation>('federations', 'show')).id).toBe(id);
    const missing = await run(['federations', 'show', 'large']);
    expect(missing.status).toBe(3);
    expect(missing.error).toContain('There is no federation "large"');
  });

  it('refuses with status 4 and names every wrong field', async () => {
    const wrong = await run(['federations', 'create', '-'], '{"baseModel": "model", "clients": ["a"], "rank": 8}');
    expect({ status: wrong.status, out: wrong.out }).toEqual({ status: 4, out: '' });
    expect(wrong.error).toContain('rank: there is no such field');
    const unread = await run(['federations', 'validate', '-'], '{"baseModel": "model", "clients": ["a"], "rank": 8}');
    expect(unread).toMatchObject({ status: 4, error: 'It would be refused.\n' });
    expect(unread.out).toContain('rank is 8: there is no such field');
    expect(unread.out).toContain('clients.0 is "a": is not registered');
    const valid = await run(['federations', 'validate', '-'], file);
    expect(valid).toMatchObject({ status: 0, error: '' });
    expect(valid.out).toMatch(/^steps per client +2$/m);
    const finished = await run(['federations', 'cancel', 'small']);
    expect(finished.status).toBe(4);
    expect(finished.error).toContain('it is completed');
  });

  it('names the federations of an ambiguous name', async () => {
    for (const name of ['twin', 'twin']) await run(['federations', 'create', '-', '--name', name], file);
    const { status, error } = await run(['federations', 'start', 'twin']);
    expect(status).toBe(2);
    expect(error).toMatch(/2 federations are called "twin".*\n {2}\S+ {2}created/);
  });

  it('shows rounds and who holds which experts', async () => {
    const { rounds } = await json<{ rounds: Round[] }>('rounds', 'small');
    expect(rounds.map(({ round, state }) => [round, state])).toEqual([
      [0, 'completed'],
      [1, 'completed'],
    ]);
    expect((await run(['rounds', 'small', '--round', '1'])).out).toMatch(/^airline-passengers +\d/m);
    expect((await run(['rounds', 'small', '--round', '2'])).status).toBe(3);
    const { assignment } = await json<Assignment>('assignment', 'small');
    const held = assignment['bank-requests']?.['model.layers.0.self_attn.q_proj'] ?? [];
    const heatmap = await run(['assignment', 'small', '--module', 'layers.0.self_attn.q', '--heatmap']);
    const cells = [0, 1, 2, 3].map((expert) => (held.includes(expert) ? '#' : '.')).join(' ');
    expect(heatmap.out).toContain(`bank-requests       ${cells}`);
  });

  it('says why a client holds its experts', async () => {
    const why = ['assignment', 'small', '--client', 'bank-requests', '--module', 'layers.0.self_attn.q', '--why'];
    const { assignment } = await json<Assignment>('assignment', 'small', '--client', 'bank-requests');
    expect(Object.keys(assignment)).toEqual(['bank-requests']);
    const { choices, decidedBy } = await json<Choices>(...why);
    expect(decidedBy).toBe('draw');
    expect(choices.map(({ expert }) => expert)).toEqual(
      assignment['bank-requests']?.['model.layers.0.self_attn.q_proj'],
    );
    expect((await run(why)).out).toMatch(/^model\.layers\.0\.self_attn\.q_proj +\d +bank-requests +0\.\d{4} +[12] /m);
    expect((await run(['assignment', 'small', '--why'])).status).toBe(2);
    expect((await run(['assignment', 'small', '--client', 'nobody'])).status).toBe(3);
  });

  it("describes clients' data by numbers, and where an adapter comes from", async () => {
    const { datasets } = await json<{ datasets: Dataset[] }>('datasets', 'small');
    expect(datasets.map(({ client }) => client)).toEqual(clients);
    expect(datasets[0]?.lengths?.prompt.median).toBeGreaterThan(10);
    expect((await run(['datasets', 'small'])).out).toMatch(/^airline-passengers +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ \/ /m);
    const lineage = await json<Lineage>('adapters', 'lineage', 'bank-requests', 'small');
    expect(lineage.pools.map(({ round }) => round)).toEqual([0]);
    const shown = await run(['adapters', 'lineage', 'bank-requests', 'small']);
    expect(shown.out).toContain(lineage.adapter.digest);
    expect(shown.out).toContain(lineage.pools[0]?.pool);
  });

  it('publishes a base model, once, and says where its files are', async () => {
    const model = fileURLToPath(new URL('../../../examples/quickstart/model', import.meta.url));
    const publish = ['models', 'publish', model, '--artifacts', join(stateFolder, 'artifacts')];
    const first = await run(publish);
    expect({ status: first.status, error: first.error }).toMatchObject({ status: 0 });
    expect(first.error).toMatch(/^model\.safetensors: [\d,]+ bytes$/m);
    const manifest = /manifest ([0-9a-f]{64})\.$/m.exec(first.out)?.[1] ?? '';
    expect((await run(publish)).out).toBe(first.out);
    expect((await json<{ manifest: string }>('models', 'show', 'model')).manifest).toBe(manifest);
    expect((await run(['events', '--type', 'BaseModelPublished'])).out.trim().split('\n')).toHaveLength(1);
    const nowhere = await run([...publish.slice(0, 4), join(stateFolder, 'nowhere')]);
    expect(nowhere).toMatchObject({ status: 2, error: expect.stringContaining('ARTIFACTS_FOLDER') });
    const noModel = await run(['models', 'publish', stateFolder, ...publish.slice(3)]);
    expect(noModel).toMatchObject({
      status: 2,
      error: expect.stringContaining('config.json: cannot be read (ENOENT)'),
    });
  });

  it('shows events, some of them, and follows them from any place', async () => {
    const { out } = await run(['events', 'small', '--type', 'ClientTrained', '--json']);
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StoredEvent);
    expect(events.map(({ type }) => type)).toEqual(['ClientTrained', 'ClientTrained']);
    const after = events[0]?.cursor ?? '';
    const followed = await run(['events', 'small', '--follow', '--after', after, '--limit', '1', '--json']);
    expect(JSON.parse(followed.out)).toMatchObject({ version: (events[0]?.version ?? 0) + 1 });
  });

  it('follows until it is told to end, and says nothing of it', async () => {
    const stop = new AbortController();
    const onOutput = (): void => stop.abort();
    const { out, error } = await fedamole(['events', '--follow'], { stateFolder, signal: stop.signal, onOutput });
    expect(out).toMatch(/^\S+ \S+ {2}BaseModelRegistered/);
    expect(error).toBe('');
  });

  it('forks, pauses and resumes; a watch ends with status 1 at a pause, and says how to go on', async () => {
    const fork = ['federations', 'fork', 'small', '--round', '0', '--name', 'again'];
    const { id, status } = await json<Federation>(...fork);
    expect(status).toBe('created');
    await run(['federations', 'start', 'again']);
    expect((await run(['federations', 'pause', 'again', '--reason', 'lunch'])).out).toMatch(/\(again\) is paused/);
    const watched = await run(['federations', 'watch', 'again']);
    expect(watched.status).toBe(1);
    expect(watched.error).toContain('paused in round 1: lunch');
    expect(watched.error).toContain(`fedamole federations resume ${id}`);
    await run(['federations', 'resume', 'again']);
    expect((await run(['federations', 'watch', 'again', '--json'])).status).toBe(0);
  });

  it('computes rounds again and verifies the log', async () => {
    const { replays } = await json<{ replays: Replay[] }>('replay', 'small');
    expect(replays.map(({ round, equal }) => [round, equal])).toEqual([
      [0, true],
      [1, true],
    ]);
    const { end } = await json<{ intact: boolean; end: { position: string; hash: string } }>('verify');
    expect((await run(['verify', '--position', end.position, '--hash', end.hash])).status).toBe(0);
    const other = await run(['verify', '--position', end.position, '--hash', '0'.repeat(64)]);
    expect(other.status).toBe(1);
    expect(other.error).toMatch(
      /The log was tampered with: position \d+, \w+ \(version \d+ of [\w-]+\), was rewritten/,
    );
  });

  it('downloads adapters that have their digests', async () => {
    const target = join(stateFolder, 'downloaded');
    const download = ['adapters', 'download', 'small', '--client', 'bank-requests', '--output', target];
    const { adapters } = await json<{ adapters: { file: string; bytes: number }[] }>(...download);
    expect(adapters.map(({ file: path }) => path)).toEqual([join(target, 'bank-requests-round-1.safetensors')]);
    expect((await readFile(adapters[0]?.file ?? '')).byteLength).toBe(adapters[0]?.bytes);
  });

  it('shows and downloads an artifact, and tells which nobody needs', async () => {
    const lineage = await json<Lineage>('adapters', 'lineage', 'bank-requests', 'small');
    const pool = lineage.pools[0]?.pool ?? '';
    expect((await run(['artifacts', 'show', pool])).out).toMatch(/RoundAggregated +federation-/);
    const target = join(stateFolder, 'downloaded');
    const { file: path, bytes } = await json<{ file: string; bytes: number }>(
      ...['artifacts', 'download', pool, '--output', target],
    );
    expect((await readFile(path)).byteLength).toBe(bytes);
    expect((await run(['artifacts', 'show', '0'.repeat(64)])).status).toBe(3);
    expect((await run(['artifacts', 'collect'])).out).toMatch(/^WOULD BE REMOVED +FILES +SIZE\nartifacts +0 /);
  });

  it("answers with a client's personalised model, the same as it streams", async () => {
    const prompt = [
      'adapters',
      'generate',
      'airline-passengers',
      'Count.',
      '--federation',
      'small',
      '--max-tokens',
      '6',
    ];
    const answer = await json<{ text: string; tokens: number; round: number }>(...prompt);
    expect(answer).toMatchObject({ round: 1 });
    expect(answer.tokens).toBeGreaterThan(0);
    expect((await run(prompt)).out).toBe(`${answer.text}\n`);
    const unknown = await run(['adapters', 'generate', 'nobody', 'Count.', '--federation', 'small']);
    expect(unknown.status).toBe(3);
  });
});
