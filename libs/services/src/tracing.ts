/**
 * Traces of OpenTelemetry: what one request led to, across processes. A trace's context travels as W3C's `traceparent`: from a
 * request into the metadata of its events, from there into jobs. Where no collector is named nothing is recorded or sent.
 */
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { hostname } from 'node:os';

const tracer = trace.getTracer('fedamole');

/** Milliseconds that the last spans of a process may take to be sent. */
const lastWords = 3000;

/** Sends the spans of this process to the collector. Returns what sends those that are left, once nothing is traced any more. */
export function startTracing(service: string, endpoint: string): () => Promise<void> {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': `fedamole-${service}`,
      'service.instance.id': `${hostname()}-${process.pid}`,
    }),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }), {
        exportTimeoutMillis: lastWords,
      }),
    ],
  });
  provider.register();
  // a collector that is away is no reason to fail
  return () => provider.shutdown().catch(() => undefined);
}

export type Traceparent = string | undefined;

export interface SpanOptions {
  /** Where it belongs; without it, to the span that is under way. */
  readonly parent?: Traceparent;
  readonly kind?: keyof typeof SpanKind;
  readonly attributes?: Attributes;
}

/** Runs it as a span, which whatever it awaits belongs to; a span has failed where it throws. */
export function inSpan<Result>(name: string, options: SpanOptions, run: () => Promise<Result>): Promise<Result> {
  const { parent, kind = 'INTERNAL', attributes = {} } = options;
  const within = parent === undefined ? context.active() : contextOf(parent);
  return tracer.startActiveSpan(name, { kind: SpanKind[kind], attributes }, within, async (span) => {
    try {
      return await run();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** A span that was over when it was told of, of the span under way; from and until are milliseconds since 1970. */
export function pastSpan(name: string, from: number, until: number, attributes: Attributes = {}): void {
  tracer.startSpan(name, { startTime: from, attributes }).end(until);
}

/** The span under way, as others are told of it; undefined where none is recorded. */
export function currentTraceparent(): Traceparent {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

/** What is awaited by `run` belongs to the span that the text tells of, where it tells of one. */
export function contextOf(traceparent: Traceparent) {
  return traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
}
