/**
 * Which limits of the reverse selection can be met at all. Every expert picks k distinct clients, every client ends up
 * with b_min to b_max experts: by Gale and Ryser such an assignment exists if and only if the inequalities below hold,
 * so a federation that passes them never fails for its limits later.
 */

/** Per module: E experts, C clients, k clients per expert, and how many experts a client may hold. */
export interface AssignmentLimits {
  readonly experts: number;
  readonly clients: number;
  readonly expertChoices: number;
  /** b_min and b_max, both inclusive; ignored where `homogeneous`. */
  readonly minExperts: number;
  readonly maxExperts: number;
  /** Every client holds exactly E k / C experts. */
  readonly homogeneous: boolean;
}

export interface Infeasibility {
  readonly code:
    | 'CHOICES_EXCEED_CLIENTS'
    | 'MIN_EXCEEDS_MAX'
    | 'TOO_FEW_CHOICES'
    | 'TOO_MANY_CHOICES'
    | 'UNEQUAL_SHARES'
    | 'TOP_K_EXCEEDS_HELD';
  /** The inequality that fails, in symbols, words and numbers. */
  readonly inequality: string;
  /** By how much its left side exceeds its right side; for a division, what remains. */
  readonly by: number;
}

export class InfeasibleAssignmentError extends Error {
  override readonly name = 'InfeasibleAssignmentError';

  constructor(readonly infeasibilities: readonly Infeasibility[]) {
    super(`No assignment meets the limits: ${infeasibilities.map(({ inequality }) => inequality).join('; ')}`);
  }
}

/** Every inequality of a federation's limits that fails; none where an assignment exists and t experts can be routed to. */
export function infeasibilities(limits: AssignmentLimits & { readonly topK: number }): Infeasibility[] {
  const failed = assignmentInfeasibilities(limits);
  const [least] = heldLimits(limits);
  const share = limits.homogeneous ? 'E k / C' : 'b_min';
  if (limits.topK > least) {
    failed.push({
      code: 'TOP_K_EXCEEDS_HELD',
      inequality: `t <= ${share}: a token is routed to ${limits.topK} experts, but a client may hold as few as ${least}`,
      by: limits.topK - least,
    });
  }
  return failed;
}

/** The inequalities that decide whether an assignment exists, whatever is routed afterwards. */
export function assignmentInfeasibilities(limits: AssignmentLimits): Infeasibility[] {
  const { experts, clients, expertChoices } = limits;
  const failed: Infeasibility[] = [];
  const require = (code: Infeasibility['code'], left: number, right: number, inequality: string): void => {
    if (left > right) failed.push({ code, inequality, by: left - right });
  };
  const choices = experts * expertChoices;
  const made = `${experts} experts picking ${expertChoices} clients each make ${choices} choices`;
  require('CHOICES_EXCEED_CLIENTS', expertChoices, clients, `k <= C: an expert picks ${expertChoices} of ${clients} clients`);
  if (limits.homogeneous) {
    const remainder = choices % clients;
    require('UNEQUAL_SHARES', remainder, 0, `C divides E k: ${made}, ${remainder} more than equal shares of ${clients} clients`);
    return failed;
  }
  const { minExperts, maxExperts } = limits;
  const most = Math.min(maxExperts, experts);
  require('MIN_EXCEEDS_MAX', minExperts, most, `b_min <= min(b_max, E): at least ${minExperts} experts per client, but at most ${most} (b_max ${maxExperts}, E ${experts})`);
  require('TOO_FEW_CHOICES', clients *
    minExperts, choices, `C b_min <= E k: ${clients} clients need ${minExperts} experts each, ${clients * minExperts} in all, but ${made}`);
  require('TOO_MANY_CHOICES', choices, clients *
    most, `E k <= C min(b_max, E): ${made}, but ${clients} clients hold at most ${most} each, ${clients * most} in all`);
  return failed;
}

/** Least and most experts of a client; b_max clipped to E. A fraction where equal shares do not come out even. */
export function heldLimits(limits: AssignmentLimits): readonly [least: number, most: number] {
  const { experts, clients, expertChoices, minExperts, maxExperts, homogeneous } = limits;
  const share = (experts * expertChoices) / clients;
  return homogeneous ? [share, share] : [minExperts, Math.min(maxExperts, experts)];
}
