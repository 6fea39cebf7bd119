export {
  dropoutMaskName,
  type AdaptedLinear,
  type AdapterGraph,
  type DropExpertInput,
  type LoraSettings,
  type ModuleEmbeddings,
  type ModuleRouting,
  type MoleSettings,
  type PlainLoraSettings,
} from './adapter-graph.js';
export { holdExperts, neutralParameters, stackParameters, unstackParameters } from './held-modules.js';
export { initialisePool } from './initialise.js';
export { loraGraph, loraParameterNames, loraSettingsOf } from './lora-graph.js';
export {
  meanExpertEmbeddings,
  mergeExpertEmbeddings,
  mergeInto,
  mergeModuleInto,
  mergePool,
  type Contribution,
  type ExpertEmbeddings,
} from './merge.js';
export { moleGraph, moleParameterNames } from './mole-graph.js';
export type { Expert, ExpertPool, HeldModule, HeldModules, ModulePool, Parameter, Parameters } from './parameters.js';
export type { Weighted } from './weighted-mean.js';
