/** `node apps/api/dist/print-openapi.js`: the OpenAPI document on standard output. */
import { buildDocument } from './openapi-document.js';

console.log(JSON.stringify(await buildDocument(), null, 2));
