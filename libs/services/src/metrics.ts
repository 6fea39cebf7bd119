/**
 * What a process tells Prometheus. Counters and histograms are kept as things happen; gauges of a source (the database, a
 * queue, a disk) are read when somebody asks, so that they are never older than the answer.
 */
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { withinPatience } from './patience.js';

/** One value of a gauge; labels come from sets that stay small. */
export interface Sample {
  readonly gauge: Gauge<string>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricSource {
  readonly name: string;
  /** All that `read` has samples of: none of them keeps a value from the time before a source was away. */
  readonly gauges: readonly Gauge<string>[];
  read(): Promise<readonly Sample[]>;
}

/** A process's own metrics: memory, processor time, event loop lag and garbage collection from the start. */
export class Metrics {
  readonly registry = new Registry();
  private readonly sources: MetricSource[] = [];
  private readonly sourceUp: Gauge<string>;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.sourceUp = this.gauge('fedamole_metrics_source_up', 'Whether a source of metrics answered: 1 or 0.', [
      'source',
    ]);
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge<string> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  addSource(source: MetricSource): void {
    this.sources.push(source);
  }

  /** In Prometheus' text format. A source that is away is told by `fedamole_metrics_source_up`, and holds up no other. */
  async text(): Promise<string> {
    await Promise.all(this.sources.map((source) => this.refresh(source)));
    return this.registry.metrics();
  }

  private async refresh(source: MetricSource): Promise<void> {
    const samples = await withinPatience(source.read()).catch(() => null);
    for (const gauge of source.gauges) await removeValues(gauge);
    for (const { gauge, labels, value } of samples ?? []) gauge.set({ ...labels }, value);
    this.sourceUp.set({ source: source.name }, samples === null ? 0 : 1);
  }
}

/** Leaves none: a gauge without labels would be reset to 0, which is a value. */
async function removeValues(gauge: Gauge<string>): Promise<void> {
  for (const { labels } of (await gauge.get()).values) gauge.remove(labels);
}

/** Answers GET /metrics. */
export function serveMetrics(application: NestExpressApplication, metrics: Metrics): void {
  application.use('/metrics', (_request: unknown, response: Response, next: (error: unknown) => void) => {
    metrics.text().then((text) => response.type(metrics.registry.contentType).send(text), next);
  });
}
