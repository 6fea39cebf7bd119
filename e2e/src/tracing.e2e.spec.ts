import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createAndStart, register, withCluster } from './federation-run.js';
import { eventually } from './eventually.js';
import { PlatformApi } from './platform-api.js';
import { startTraceReceiver, type ReceivedSpan, type TraceReceiver } from './trace-receiver.js';

jest.setTimeout(300_000);

const least = { rounds: 1, stepsPerRound: 2, maxLength: 128, maxNewTokens: 2 };
const client = 'call-notes';

describe('the traces of a federation', () => {
  let receiver: TraceReceiver;
  let trace: readonly ReceivedSpan[];

  beforeAll(async () => {
    receiver = await startTraceReceiver();
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.url;
    await withCluster(1, async (cluster) => {
      const api = new PlatformApi(cluster.apiUrl, cluster.apiKey);
      await register(api);
      const id = await createAndStart(api, 'traced', least);
      await eventually('the federation ends', async () => {
        const { status, reason } = await api.federation(id);
        if (status !== 'running' && status !== 'completed') throw new Error(`it is ${status}: ${reason}`);
        return status === 'completed' ? true : null;
      });
    });
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    const start = receiver.spans.find(({ name }) => name === 'POST /v1/federations/{id}/start');
    trace = receiver.spans.filter(({ traceId }) => traceId === start?.traceId);
  });
  afterAll(() => receiver.close());

  const parentOf = ({ parentSpanId }: ReceivedSpan): ReceivedSpan | undefined =>
    trace.find(({ spanId }) => spanId === parentSpanId);
  const of = (service: string, name: string, job?: string): ReceivedSpan[] =>
    trace.filter(
      (span) =>
        span.service === `fedamole-${service}` &&
        span.name === name &&
        (job === undefined || span.attributes.get('fedamole.client') === job),
    );

  it('have everything that the request to start it led to in one, whose only root is that request', () => {
    const roots = trace.filter((span) => parentOf(span) === undefined);
    expect(roots.map(({ service, name, parentSpanId }) => [service, name, parentSpanId])).toEqual([
      ['fedamole-api', 'POST /v1/federations/{id}/start', undefined],
    ]);
    const services = new Set(trace.map(({ service }) => service));
    expect([...services].sort()).toEqual(['fedamole-aggregator', 'fedamole-api', 'fedamole-trainer']);
  });

  it("follow one client's job from the queue through its phases to what was recorded of it", () => {
    const [job] = of('trainer', 'train', client);
    if (job === undefined) throw new Error('no span of the job');
    expect(parentOf(job)).toMatchObject({ service: 'fedamole-api', name: 'add training.default jobs' });
    const inside = trace.filter(({ parentSpanId }) => parentSpanId === job.spanId).map(({ name }) => name);
    expect(inside).toEqual(
      expect.arrayContaining(['loading', 'fetch artifact', 'training', 'evaluating', 'generating', 'store artifact']),
    );
    const [recorded] = of('api', 'record RecordTraining', client);
    expect(recorded?.attributes.get('fedamole.job')).toBe(job.attributes.get('fedamole.job'));
  });

  it('go on at the aggregator, which fetches what the clients stored', () => {
    const [merge] = of('aggregator', 'aggregate');
    const fetched = trace.filter(
      ({ parentSpanId, name }) => parentSpanId === merge?.spanId && name === 'fetch artifact',
    );
    expect(fetched.length).toBeGreaterThan(4);
    expect(parentOf(merge as ReceivedSpan)?.name).toBe('add aggregation jobs');
    expect(of('api', 'record RecordAggregation')).toHaveLength(2);
  });
});
