import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aggregationQueueName, trainingJob } from '@fedamole/queues';
import { JobMetrics, Metrics, observedArtifacts, trainingMetrics, type RunningService } from '@fedamole/services';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { parse } from 'yaml';
import { z } from 'zod';
import { startApi } from '../application.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { testBench } from '../fixtures/test-bench.js';

const deployed = (path: string): string => readFileSync(new URL(`../../../../deploy/${path}`, import.meta.url), 'utf8');

const alerts = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string().regex(/^Fedamole[A-Za-z]+$/),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.object({ summary: z.string(), action: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboard = z.object({ panels: z.array(z.object({ targets: z.array(z.object({ expr: z.string() })) })) });

/** Every name that a query reads: ours and Node's begin so, and `up` is Prometheus' own. */
const metricsOf = (query: string): string[] => query.match(/\b(fedamole|nodejs|process)_[a-z0-9_]+/g) ?? [];

/** Names that queries may use; a histogram has three. */
const exposed = new Set<string>();
let bench: TestBench;
let api: RunningService;

function expose(text: string): void {
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    for (const suffix of type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) exposed.add(name + suffix);
  }
}

beforeAll(async () => {
  bench = await testBench();
  api = await startApi(bench.settings, pino({ level: 'silent' }));
  expose(await (await fetch(`${api.url}/metrics`)).text());
  const worker = new Metrics();
  await observedArtifacts(worker, { kind: 'folder', folder: tmpdir() });
  trainingMetrics(worker);
  new JobMetrics(worker).observed({
    settings: bench.settings.queue,
    queueName: aggregationQueueName,
    payload: trainingJob,
    result: z.unknown(),
    handler: async () => undefined,
    onError: () => undefined,
  });
  expose(await worker.text());
});
afterAll(async () => {
  await api.close();
  await bench.close();
});

describe('what is deployed for Prometheus and Grafana', () => {
  it('alerts on metrics that the platform has, and says what to do', () => {
    const { groups } = alerts.parse(parse(deployed('prometheus/alerts.yml')));
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    for (const { alert, expr } of rules) {
      const names = metricsOf(expr);
      expect({ alert, unknown: names.filter((name) => !exposed.has(name)) }).toEqual({ alert, unknown: [] });
      expect(names.length > 0 || expr.startsWith('up{')).toBe(true);
    }
  });

  it('shows metrics that the platform has, and leaves none of its own out', () => {
    const { panels } = dashboard.parse(JSON.parse(deployed('grafana/fedamole.json')));
    const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsOf(expr))));
    expect([...shown].filter((name) => !exposed.has(name))).toEqual([]);
    const own = [...exposed].filter((name) => /^fedamole_/.test(name) && !/_(sum|count)$/.test(name));
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });
});
