/** `node apps/api/dist/openapi/print.js`: the OpenAPI document on standard output. */
import { buildDocument } from './build-document.js';

console.log(JSON.stringify(await buildDocument(), null, 2));
