import { describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { readAggregatorSettings, readApiSettings, readTrainerSettings, SettingsError } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'settings-'));
const folders = { ARTIFACTS_FOLDER: folder, MODELS_FOLDER: folder };
const database = 'postgres://user:secret@localhost:5432/platform';

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings of the api', () => {
  it('fill in defaults and keep the queue in the same database', () => {
    expect(readApiSettings({ ...folders, DATABASE_URL: database })).toEqual({
      databaseUrl: database,
      queue: { backend: 'postgres', connectionString: database, schema: 'bullmq' },
      artifacts: { kind: 'folder', folder },
      modelsFolder: folder,
      host: '127.0.0.1',
      port: 3000,
      access: 'keys',
      requestsPerMinute: 6000,
      bodyLimit: 1_048_576,
      corsOrigins: [],
      logLevel: 'info',
    });
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', '127.evil.example.org', 'localhost.example.org'])(
    'refuse to go without keys while listening on %s',
    (host) => {
      const environment = { ...folders, DATABASE_URL: database, API_HOST: host, API_ACCESS: 'open' };
      expect(problemsOf(() => readApiSettings(environment))).toEqual([
        expect.stringContaining('API_ACCESS is "open": without keys the api may listen on 127.0.0.1, ::1 or localhost'),
      ]);
    },
  );

  it('go without keys on this machine alone, and only where that is said', () => {
    for (const API_HOST of ['127.0.0.1', '::1', 'localhost']) {
      const environment = { ...folders, DATABASE_URL: database, API_HOST };
      expect(readApiSettings({ ...environment, API_ACCESS: 'open' }).access).toBe('open');
      expect(readApiSettings(environment).access).toBe('keys');
    }
  });

  it('name origins exactly', () => {
    const environment = { ...folders, DATABASE_URL: database };
    const API_CORS_ORIGINS = 'https://dashboard.example.org, http://localhost:5173';
    expect(readApiSettings({ ...environment, API_CORS_ORIGINS }).corsOrigins).toEqual([
      'https://dashboard.example.org',
      'http://localhost:5173',
    ]);
    for (const wrong of ['*', 'dashboard.example.org', 'https://example.org/path']) {
      expect(problemsOf(() => readApiSettings({ ...environment, API_CORS_ORIGINS: wrong }))).toEqual([
        expect.stringContaining('expected origins such as'),
      ]);
    }
  });

  it('prefer Redis where it is named', () => {
    const settings = readApiSettings({ ...folders, DATABASE_URL: database, REDIS_URL: 'redis://localhost:6379' });
    expect(settings.queue).toEqual({ backend: 'redis', url: 'redis://localhost:6379', prefix: 'fedamole' });
  });

  it('name every wrong variable at once, with its value and its limit', () => {
    const missing = join(folder, 'missing');
    const problems = problemsOf(() =>
      readApiSettings({ ARTIFACTS_FOLDER: missing, MODELS_FOLDER: folder, API_PORT: '70000', LOG_LEVEL: 'loud' }),
    );
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toContain('DATABASE_URL is not set');
    expect(problems.join('\n')).toContain(`there is no folder ${missing}`);
    expect(problems.join('\n')).toContain('API_PORT is "70000": expected a whole number from 0 to 65535');
    expect(problems.join('\n')).toContain('LOG_LEVEL is "loud"');
  });

  it('do not repeat a password', () => {
    const problems = problemsOf(() => readApiSettings({ ...folders, DATABASE_URL: 'mysql://user:secret@host/db' }));
    expect(problems.join('\n')).toContain('DATABASE_URL is set: expected postgres://');
    expect(problems.join('\n')).not.toContain('secret');
  });
});

describe('settings of a trainer', () => {
  const environment = { ...folders, QUEUE_DATABASE_URL: database };

  it('map clients to absolute paths that exist', () => {
    const data = join(folder, 'examples.jsonl');
    writeFileSync(data, '{}');
    const settings = readTrainerSettings({ ...environment, TRAINER_CLIENTS: JSON.stringify({ ward: data }) });
    expect(settings).toMatchObject({ clients: { ward: data }, pool: 'default', healthPort: 0 });
    expect(settings.threads).toBeGreaterThanOrEqual(1);
  });

  it('leave the device to be chosen at start, and take only those that there are', () => {
    const clients = { TRAINER_CLIENTS: '{"ward":"/"}' };
    expect(readTrainerSettings({ ...environment, ...clients }).device).toBe('auto');
    expect(readTrainerSettings({ ...environment, ...clients, TRAINER_DEVICE: 'webgpu' }).device).toBe('webgpu');
    const problems = problemsOf(() => readTrainerSettings({ ...environment, ...clients, TRAINER_DEVICE: 'gpu' }));
    expect(problems).toEqual([expect.stringMatching(/^TRAINER_DEVICE is "gpu": .*"auto"\|"cpu"\|"webgpu"\|"cuda"/)]);
  });

  it('say how many jobs it runs, how often they keep checkpoints, and how long it takes to stop', () => {
    const clients = { TRAINER_CLIENTS: '{"ward":"/"}' };
    const byDefault = readTrainerSettings({ ...environment, ...clients });
    expect(byDefault).toMatchObject({ jobs: 1, checkpointSeconds: 60, stopSeconds: 10 });
    const never = { TRAINER_JOBS: '4', TRAINER_CHECKPOINT_SECONDS: '0', TRAINER_STOP_SECONDS: '0' };
    const given = readTrainerSettings({ ...environment, ...clients, ...never });
    expect(given).toMatchObject({ jobs: 4, checkpointSeconds: 0, stopSeconds: 0 });
    expect(problemsOf(() => readTrainerSettings({ ...environment, ...clients, TRAINER_JOBS: '0' }))).toEqual([
      'TRAINER_JOBS is "0": expected a whole number from 1 to 256',
    ]);
  });

  it('bound the cache of models', () => {
    const given = { TRAINER_CLIENTS: '{"ward":"/"}', MODELS_CACHE_FOLDER: folder };
    const byDefault = readTrainerSettings({ ...environment, ...given });
    expect(byDefault.modelsCache).toEqual({ folder, maximumBytes: 20 * 2 ** 30 });
    const bounded = readTrainerSettings({ ...environment, ...given, MODELS_CACHE_MIB: '3' });
    expect(bounded.modelsCache.maximumBytes).toBe(3 * 2 ** 20);
  });

  it.each([
    ['not JSON', 'TRAINER_CLIENTS is "not JSON": not JSON'],
    ['{}', 'expected at least one client'],
    ['{"ward":"/nowhere/at/all"}', 'TRAINER_CLIENTS (at ward)'],
    ['{"Ward 1":"/"}', 'TRAINER_CLIENTS (at Ward 1)'],
  ])('refuse TRAINER_CLIENTS %s', (text, problem) => {
    expect(problemsOf(() => readTrainerSettings({ ...environment, TRAINER_CLIENTS: text })).join('\n')).toContain(
      problem,
    );
  });

  it('have labels, sorted, of which each name has one value', () => {
    const clients = { TRAINER_CLIENTS: '{"ward":"/"}' };
    const read = (TRAINER_LABELS: string) => readTrainerSettings({ ...environment, ...clients, TRAINER_LABELS });
    expect(readTrainerSettings({ ...environment, ...clients }).labels).toEqual([]);
    expect(read('site=north, gpu=h100').labels).toEqual(['gpu=h100', 'site=north']);
    for (const [text, problem] of [
      ['site', 'TRAINER_LABELS (at 0) is "site": use name=value'],
      ['site=North', 'TRAINER_LABELS (at 0) is "site=North": use name=value'],
      ['site=a,site=b', 'TRAINER_LABELS is "site=a,site=b": the label "site" is there twice'],
      ['device=cuda', 'TRAINER_LABELS is "device=cuda": the label "device" follows from TRAINER_DEVICE'],
    ] as const) {
      expect(problemsOf(() => read(text))).toEqual([expect.stringContaining(problem)]);
    }
  });

  it('need a queue of their own to be named', () => {
    const problems = problemsOf(() => readTrainerSettings({ ...folders, TRAINER_CLIENTS: '{"ward":"/"}' }));
    expect(problems).toEqual([expect.stringContaining('QUEUE_DATABASE_URL is not set: expected postgres://')]);
  });
});

describe("a trainer's folder of clients", () => {
  const clientsFolder = mkdtempSync(join(tmpdir(), 'clients-'));
  mkdirSync(join(clientsFolder, 'ward-7'));
  mkdirSync(join(clientsFolder, 'bank'));
  mkdirSync(join(clientsFolder, '.snapshots'));
  writeFileSync(join(clientsFolder, 'README.md'), '');
  const environment = { ...folders, QUEUE_DATABASE_URL: database, TRAINER_CLIENTS_FOLDER: clientsFolder };

  it('has a client in every folder of it that is not hidden', () => {
    const clients = { bank: join(clientsFolder, 'bank'), 'ward-7': join(clientsFolder, 'ward-7') };
    expect(readTrainerSettings(environment).clients).toEqual(clients);
  });

  it('is not taken together with clients that are named', () => {
    expect(problemsOf(() => readTrainerSettings({ ...environment, TRAINER_CLIENTS: '{"ward":"/"}' }))).toEqual([
      expect.stringContaining('TRAINER_CLIENTS_FOLDER is set, too: expected one of them'),
    ]);
  });

  it('is refused where it is missing, empty, or holds a folder whose name is no client name', () => {
    const missing = join(folder, 'missing');
    expect(problemsOf(() => readTrainerSettings({ ...environment, TRAINER_CLIENTS_FOLDER: missing }))).toEqual([
      `TRAINER_CLIENTS_FOLDER is "${missing}": there is no folder ${missing}`,
    ]);
    const empty = mkdtempSync(join(tmpdir(), 'no-clients-'));
    expect(problemsOf(() => readTrainerSettings({ ...environment, TRAINER_CLIENTS_FOLDER: empty }))).toEqual([
      `TRAINER_CLIENTS_FOLDER is "${empty}": expected at least one client`,
    ]);
    mkdirSync(join(empty, 'Ward 1'));
    expect(problemsOf(() => readTrainerSettings({ ...environment, TRAINER_CLIENTS_FOLDER: empty })).join()).toContain(
      'TRAINER_CLIENTS_FOLDER (at Ward 1)',
    );
  });
});

describe('settings of a bucket', () => {
  const environment = { MODELS_FOLDER: folder, DATABASE_URL: database, ARTIFACTS_S3_BUCKET: 'artifacts' };
  const minio = { ARTIFACTS_S3_ENDPOINT: 'http://minio:9000', ARTIFACTS_S3_PREFIX: 'fedamole/one' };

  it("take the place of the artifacts' folder", () => {
    const amazon = {
      kind: 's3',
      bucket: 'artifacts',
      prefix: '',
      region: 'us-east-1',
      endpoint: null,
      credentials: null,
    };
    expect(readApiSettings(environment).artifacts).toEqual(amazon);
    expect(readApiSettings({ ...environment, ...minio, ARTIFACTS_S3_REGION: 'eu-1' }).artifacts).toEqual({
      ...amazon,
      region: 'eu-1',
      endpoint: 'http://minio:9000',
      prefix: 'fedamole/one/',
    });
  });

  it('take who asks, and the secret, from files', () => {
    const [id, secret] = ['id', 'secret'].map((name) => join(mkdtempSync(join(tmpdir(), 's3-')), name));
    writeFileSync(id ?? '', 'somebody\n');
    writeFileSync(secret ?? '', 'hush\n');
    const files = { ARTIFACTS_S3_ACCESS_KEY_ID_FILE: id, ARTIFACTS_S3_SECRET_ACCESS_KEY_FILE: secret };
    expect(readApiSettings({ ...environment, ...files }).artifacts).toMatchObject({
      credentials: { accessKeyId: 'somebody', secretAccessKey: 'hush' },
    });
  });

  it.each([
    [
      { ARTIFACTS_FOLDER: folder },
      `ARTIFACTS_FOLDER is "${folder}": ARTIFACTS_S3_BUCKET is set, too: expected one of them`,
    ],
    [{ ARTIFACTS_S3_BUCKET: 'Artifacts' }, 'ARTIFACTS_S3_BUCKET is "Artifacts": expected 3 to 63 lower-case letters'],
    [{ ARTIFACTS_S3_PREFIX: '/rooted' }, 'ARTIFACTS_S3_PREFIX is "/rooted": expected letters, digits'],
    [{ ARTIFACTS_S3_ENDPOINT: 'minio:9000' }, 'ARTIFACTS_S3_ENDPOINT is "minio:9000": expected http://host:port'],
    [{ ARTIFACTS_S3_ENDPOINT: 'http://minio:9000/artifacts' }, ': expected http://host:port or https://host:port'],
    [{ ARTIFACTS_S3_REGION: 'EU West' }, 'ARTIFACTS_S3_REGION is "EU West": expected 1 to 63'],
    [
      { ARTIFACTS_S3_ACCESS_KEY_ID: 'x' },
      'ARTIFACTS_S3_SECRET_ACCESS_KEY is not set: ARTIFACTS_S3_ACCESS_KEY_ID is set',
    ],
    [
      { ARTIFACTS_S3_SECRET_ACCESS_KEY: 'x' },
      'ARTIFACTS_S3_ACCESS_KEY_ID is not set: ARTIFACTS_S3_SECRET_ACCESS_KEY is',
    ],
  ])('refuse %j', (changes, problem) => {
    expect(problemsOf(() => readApiSettings({ ...environment, ...changes }))).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it('are refused without a bucket, and the secret is not repeated', () => {
    const lone = { ...folders, DATABASE_URL: database, ...minio, ARTIFACTS_S3_SECRET_ACCESS_KEY: 'hush' };
    const problems = problemsOf(() => readApiSettings(lone));
    expect(problems).toHaveLength(3);
    expect(problems).toContain('ARTIFACTS_S3_ENDPOINT is "http://minio:9000": ARTIFACTS_S3_BUCKET is not set');
    expect(problems.join('\n')).not.toContain('hush');
  });
});

describe('secrets in files', () => {
  const secret = join(mkdtempSync(join(tmpdir(), 'secrets-')), 'database-url');

  it('are read in place of the variable, without the end of their line', () => {
    writeFileSync(secret, `${database}\n`);
    expect(readApiSettings({ ...folders, DATABASE_URL_FILE: secret })).toMatchObject({
      databaseUrl: database,
      queue: { backend: 'postgres', connectionString: database },
    });
  });

  it('name the queue of a worker', () => {
    writeFileSync(secret, 'redis://:secret@redis:6379');
    expect(readAggregatorSettings({ ...folders, REDIS_URL_FILE: secret }).queue).toEqual({
      backend: 'redis',
      url: 'redis://:secret@redis:6379',
      prefix: 'fedamole',
    });
  });

  it.each([
    [
      'that are missing',
      '/nowhere/secret',
      {},
      'DATABASE_URL_FILE is "/nowhere/secret": the file cannot be read: ENOENT',
    ],
    ['that are empty', '/dev/null', {}, 'DATABASE_URL_FILE is "/dev/null": the file is empty'],
    [
      'beside the variable itself',
      '/dev/null',
      { DATABASE_URL: database },
      'DATABASE_URL_FILE is "/dev/null", and DATABASE_URL is set, too: expected one of them',
    ],
  ])('are refused %s', (_case, path, more, problem) => {
    expect(problemsOf(() => readApiSettings({ ...folders, ...more, DATABASE_URL_FILE: path }))).toEqual([problem]);
  });

  it('are not repeated where what they hold is wrong', () => {
    writeFileSync(secret, 'mysql://user:secret@host/db');
    expect(problemsOf(() => readApiSettings({ ...folders, DATABASE_URL_FILE: secret }))).toEqual([
      'DATABASE_URL is set: expected postgres://user:password@host:port/database',
    ]);
  });
});

describe("a trainer's folder of weights in other forms", () => {
  const environment = { ...folders, QUEUE_DATABASE_URL: database, TRAINER_CLIENTS: JSON.stringify({ ward: folder }) };
  const name = `fedamole-weights-${userInfo().uid}`;
  const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'weights-folder-'));

  it('is the one that is named, which must be there', () => {
    expect(readTrainerSettings({ ...environment, WEIGHTS_FOLDER: folder }).weightsFolder).toBe(folder);
    const missing = join(folder, 'missing');
    expect(problemsOf(() => readTrainerSettings({ ...environment, WEIGHTS_FOLDER: missing }))).toEqual([
      `WEIGHTS_FOLDER is "${missing}": there is no folder ${missing}`,
    ]);
  });

  it('is made for this user alone where none is named, and used again', () => {
    const TMPDIR = temporaryFolder();
    const expected = join(TMPDIR, name);
    expect(readTrainerSettings({ ...environment, TMPDIR }).weightsFolder).toBe(expected);
    expect(statSync(expected).mode & 0o777).toBe(0o700);
    expect(readTrainerSettings({ ...environment, TMPDIR }).weightsFolder).toBe(expected);
  });

  it.each([
    ['others may write to it', (path: string) => (mkdirSync(path), chmodSync(path, 0o777))],
    ['it leads elsewhere', (path: string) => symlinkSync(folder, path)],
    ['it is a file', (path: string) => writeFileSync(path, '')],
  ])('is not the default one where %s', (_case, make) => {
    const TMPDIR = temporaryFolder();
    make(join(TMPDIR, name));
    expect(problemsOf(() => readTrainerSettings({ ...environment, TMPDIR }))).toEqual([
      expect.stringMatching(
        /^WEIGHTS_FOLDER is not set: its default .* (is not a folder that only|cannot be made: EEXIST)/,
      ),
    ]);
  });
});

describe('settings of the aggregator', () => {
  it('take an empty variable as one that is not set', () => {
    const settings = readAggregatorSettings({ ...folders, REDIS_URL: '', QUEUE_DATABASE_URL: database });
    expect(settings.queue).toEqual({ backend: 'postgres', connectionString: database, schema: 'bullmq' });
  });

  it('take the least free space in mebibytes, half a gibibyte by default', () => {
    const environment = { ...folders, QUEUE_DATABASE_URL: database };
    expect(readAggregatorSettings(environment).leastFreeBytes).toBe(2 ** 29);
    const small = { ...environment, ARTIFACTS_FREE_MIB: '3' };
    expect(readAggregatorSettings(small).leastFreeBytes).toBe(3_145_728);
    const problems = problemsOf(() => readAggregatorSettings({ ...environment, ARTIFACTS_FREE_MIB: 'half' }));
    expect(problems).toEqual([expect.stringContaining('ARTIFACTS_FREE_MIB is "half": expected a whole number')]);
  });
});
