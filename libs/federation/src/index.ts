export * from './configuration.js';
export * from './results.js';
