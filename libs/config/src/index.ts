export type { AggregatorSettings } from './aggregator-settings.js';
export { readAggregatorSettings } from './aggregator-settings.js';
export type { ApiSettings } from './api-settings.js';
export { readApiSettings, readDatabaseUrl } from './api-settings.js';
export type { Environment } from './settings-error.js';
export { SettingsError } from './settings-error.js';
export type { TrainerSettings } from './trainer-settings.js';
export { readTrainerSettings } from './trainer-settings.js';
