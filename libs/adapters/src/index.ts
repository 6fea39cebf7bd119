export {
  decodeAdapter,
  decodeEmbeddings,
  decodePool,
  encodeAdapter,
  encodeEmbeddings,
  encodePool,
  encodeScores,
  type AdapterMetadata,
  type ClientEmbeddings,
} from './files.js';
export { decodePeftAdapter, encodePeftAdapter, type LoraAdapter, type PeftFiles } from './peft-adapter.js';
export { readPeftAdapter, writePeftAdapter } from './peft-folder.js';
export { AdapterFileError } from './take-tensor.js';
