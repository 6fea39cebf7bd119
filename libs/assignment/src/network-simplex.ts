/**
 * The primal network simplex method on the transportation network. Constraint matrices of networks are totally
 * unimodular, so the optimal basic flow is integral: the optimum of the 0/1 program itself. Trees are kept strongly
 * feasible (Cunningham 1976: of the blocking arcs the last one round the cycle leaves), so degenerate pivots cannot cycle.
 */
import { AT_LOWER, AT_UPPER, IN_TREE } from './transportation-network.js';
import type { TransportationNetwork } from './transportation-network.js';

/**
 * Pivots until no arc outside the tree has a reduced cost on its wrong side.
 *
 * @returns units from every expert to every client, 0 or 1, [experts * clients]
 */
export function minimiseCost(network: TransportationNetwork): Int32Array {
  const rows = network.problem.experts + 1;
  for (let row = 0, withoutPivot = 0; withoutPivot < rows; row = (row + 1) % rows) {
    const entering = row < network.problem.experts ? mostViolatingPair(network, row) : mostViolatingSinkArc(network);
    if (entering < 0) {
      withoutPivot += 1;
    } else {
      pivot(network, entering);
      withoutPivot = 0;
    }
  }
  if (network.flow.subarray(network.firstArtificial).some((units) => units !== 0)) {
    throw new Error('minimiseCost: the network has no feasible flow');
  }
  return network.flow.subarray(0, network.pairs);
}

/** The arc of one expert whose reduced cost is farthest on the wrong side, the first of equals; -1 where none is. */
function mostViolatingPair({ tree, state, problem }: TransportationNetwork, expert: number): number {
  const { artificial, potential } = tree;
  const { costs, experts, clients } = problem;
  const ownArtificial = artificial[expert]!;
  const ownPotential = potential[expert]!;
  let best = -1;
  let bestArtificial = 0;
  let bestReduced = 0;
  for (let client = 0, arc = expert * clients; client < clients; client += 1, arc += 1) {
    const sign = state[arc]!;
    const artificialReduced = sign * (ownArtificial - artificial[experts + client]!);
    if (artificialReduced > bestArtificial) continue;
    const reduced = sign * (costs[arc]! + ownPotential - potential[experts + client]!);
    if (artificialReduced < bestArtificial || reduced < bestReduced) {
      best = arc;
      bestArtificial = artificialReduced;
      bestReduced = reduced;
    }
  }
  return best;
}

/** Likewise of the clients' arcs to the sink; where their capacity is 0, none may ever carry a unit. */
function mostViolatingSinkArc({ tree, state, problem, pairs, sink }: TransportationNetwork): number {
  if (problem.most === problem.least) return -1;
  const { artificial, potential } = tree;
  let [best, bestArtificial, bestReduced] = [-1, 0, 0];
  for (let client = 0; client < problem.clients; client += 1) {
    const node = problem.experts + client;
    const sign = state[pairs + client]!;
    const artificialReduced = sign * (artificial[node]! - artificial[sink]!);
    const reduced = sign * (potential[node]! - potential[sink]!);
    if (artificialReduced < bestArtificial || (artificialReduced === bestArtificial && reduced < bestReduced)) {
      [best, bestArtificial, bestReduced] = [pairs + client, artificialReduced, reduced];
    }
  }
  return best;
}

/** Sends as much as fits round the cycle that the entering arc closes, and swaps it with the arc that blocks. */
function pivot(network: TransportationNetwork, entering: number): void {
  const { tree, flow, state } = network;
  const source = network.source(entering);
  const target = network.target(entering);
  const forward = state[entering] === AT_LOWER;
  const first = forward ? source : target;
  const second = forward ? target : source;
  const join = tree.commonAncestor(source, target);

  let units = network.capacity(entering);
  let top = -1;
  let attached = first;
  for (let node = first; node !== join; node = tree.parent[node]!) {
    const fits = room(network, node, 0);
    if (fits < units) [units, top] = [fits, node];
  }
  for (let node = second; node !== join; node = tree.parent[node]!) {
    const fits = room(network, node, 1);
    if (fits <= units) [units, top, attached] = [fits, node, second];
  }
  if (units > 0) {
    flow[entering]! += forward ? units : -units;
    for (let node = first; node !== join; node = tree.parent[node]!) send(network, node, 0, units);
    for (let node = second; node !== join; node = tree.parent[node]!) send(network, node, 1, units);
  }
  if (top < 0) {
    state[entering] = forward ? AT_UPPER : AT_LOWER;
    return;
  }
  const leaving = tree.arc[top]!;
  state[leaving] = flow[leaving] === 0 ? AT_LOWER : AT_UPPER;
  state[entering] = IN_TREE;
  const newParent = attached === first ? second : first;
  tree.rehang(top, attached, newParent, entering, attached === source ? 1 : 0, network.cost(entering));
}

/** Units that fit through the arc above a node, towards its parent (`upwards` 1) or from it (0). */
function room(network: TransportationNetwork, node: number, upwards: number): number {
  const arc = network.tree.arc[node]!;
  const units = network.flow[arc]!;
  return network.tree.up[node] === upwards ? network.capacity(arc) - units : units;
}

function send({ tree, flow }: TransportationNetwork, node: number, upwards: number, units: number): void {
  flow[tree.arc[node]!]! += tree.up[node] === upwards ? units : -units;
}
