/** Jest's globalTeardown. */
export { stopGlobalServer as default } from './jest/global-server.js';
