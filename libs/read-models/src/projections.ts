import { baseModelsProjection } from './base-models/projection.js';
import { clientsProjection } from './clients/projection.js';
import { federationsProjection } from './federations/projection.js';
import type { Projection } from './projection.js';

export const projections: readonly Projection[] = [baseModelsProjection, clientsProjection, federationsProjection];

/** Of all projections together. As none is ever lowered, a newer release has a higher one. */
export const projectionsVersion = projections.reduce((sum, { version }) => sum + version, 0);

/** All tables, in an order in which rows can be added. */
export const tables = projections.flatMap((projection) => projection.tables);
