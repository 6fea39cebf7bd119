export { assignExperts } from './assign.js';
export type { BindingLimit, ExplainedChoice } from './explain.js';
export { explainChoices } from './explain.js';
export { heldLimits, infeasibilities, InfeasibleAssignmentError } from './feasibility.js';
export type { AssignmentLimits, Infeasibility } from './feasibility.js';
export type { FederationLimits } from './nearest-feasible.js';
export { nearestFeasible } from './nearest-feasible.js';
export { partialAffinityScores } from './partial-scores.js';
export { affinityScores, objective, randomScores, softmaxOverClients } from './scores.js';
