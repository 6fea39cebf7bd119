export {
  AdapterFileError,
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
