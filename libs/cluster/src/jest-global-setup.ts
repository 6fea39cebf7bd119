/** Jest's globalSetup. */
export { startGlobalServer as default } from './jest/global-server.js';
