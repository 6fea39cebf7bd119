/** What an answer has to be, whatever was asked: one that the document describes, and none that says the API failed. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ApiDocument, Endpoint, Schema } from './document.js';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly requestId: string | null;
  readonly body: string;
}

export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false });
  private readonly compiled = new Map<Schema, ValidateFunction>();

  constructor(document: ApiDocument) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ components: document.components }, 'document');
  }

  /** What is wrong with it; null where nothing is. */
  problemOf({ operation }: Endpoint, { status, type, requestId, body }: Answer): string | null {
    if (status >= 500) return `answered ${status}: ${body}`;
    if (!requestId) return 'the answer names no request';
    const described = operation.responses[String(status)];
    if (!described) return `answered ${status}, which the document does not know: ${body}`;
    const media = described.content?.[type];
    if (!media) return `answered ${status} as "${type}", which the document does not know`;
    if (type !== 'application/json' && type !== 'application/problem+json') return null;
    const content: unknown = JSON.parse(body);
    const fits = this.validatorOf(media.schema);
    if (!fits(content)) return `answered what does not fit the schema: ${this.ajv.errorsText(fits.errors)}\n${body}`;
    const { code } = content as { code?: unknown };
    if (status < 400 || Object.hasOwn(media.examples ?? {}, String(code))) return null;
    return `answered ${status} with the code ${String(code)}, which the document does not name there`;
  }

  private validatorOf(schema: Schema): ValidateFunction {
    const known = this.compiled.get(schema);
    if (known) return known;
    const within = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    const validator = this.ajv.compile(JSON.parse(within) as object);
    this.compiled.set(schema, validator);
    return validator;
  }
}
