import type { BaselineResult, ExpertAssignment } from '../results.js';
import type { WeightForm } from '../weight-form.js';
import type { WeightFormComparison } from './weight-form-choice.js';

/** What a forked federation takes over: its round 0 is a finished round of another one, and is measured no second time. */
export interface FederationParent {
  federationId: string;
  round: number;
  pool: string;
  poolBytes: number;
  /** Who holds which experts in the fork's round 1, and the scores that decided it. */
  assignment: ExpertAssignment;
  scores: string;
  /** What "auto" had come to; null where a form was configured. */
  weightForm: { form: WeightForm; compared: WeightFormComparison[] } | null;
  /** The base model's measurements, of those clients that have one. */
  baselines: Record<string, BaselineResult>;
}
