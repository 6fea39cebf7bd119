export {
  decodeAdapter,
  decodeEmbeddings,
  decodePool,
  decodeScores,
  encodeAdapter,
  encodeEmbeddings,
  encodePool,
  encodeScores,
  readHeldModule,
  type AdapterMetadata,
  type ClientEmbeddings,
} from './files.js';
export {
  contributedAdapter,
  contributedEmbeddings,
  type ContributedFile,
  type ExpectedContribution,
} from './contribution.js';
export { decodePeftAdapter } from './decode-peft-adapter.js';
export { encodePeftAdapter } from './encode-peft-adapter.js';
export type { LoraAdapter, PeftFiles } from './lora-adapter.js';
export { readPeftAdapter, writePeftAdapter } from './peft-folder.js';
export { AdapterFileError, LARGEST_ELEMENT } from './take-tensor.js';
export { decodeTokenEmbeddings } from './token-embeddings.js';
