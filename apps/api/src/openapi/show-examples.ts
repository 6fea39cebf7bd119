import type { OpenAPIObject } from '@nestjs/swagger';
import { answerExamples } from './answer-examples.js';
import { bodyExamples } from './body-examples.js';

const examples = { ...answerExamples, ...bodyExamples };

/** Puts an example beside every named schema of a JSON body or answer. Throws where one is of a schema that there is not. */
export function showExamples(document: OpenAPIObject): OpenAPIObject {
  const schemas = document.components?.schemas ?? {};
  for (const [name, value] of Object.entries(examples)) {
    const schema = schemas[name];
    if (!schema) throw new Error(`there is an example of ${name}, and no such schema`);
    Object.assign(schema, { examples: [value] });
  }
  return document;
}
