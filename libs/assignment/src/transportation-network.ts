/**
 * The transportation problem of the reverse selection as a network with a basic flow. Nodes: an expert supplies k units,
 * a client takes its least number and passes what exceeds it to the sink, which takes the rest. Arcs, in this order:
 * expert to client, at most 1 unit; client to sink, at most (most - least) units at no cost; and between every node and a
 * root an artificial arc, whose cost is unpayable, for supply that the start leaves over.
 */
import { SpanningTree } from './spanning-tree.js';

/** States of an arc; of one outside the tree, the sign that its reduced cost has where it may stay as it is. */
export const AT_LOWER = 1;
export const IN_TREE = 0;
export const AT_UPPER = -1;

const UNBOUNDED = 2 ** 31 - 1;

export interface TransportationProblem {
  readonly experts: number;
  readonly clients: number;
  readonly choices: number;
  readonly least: number;
  readonly most: number;
  /** Whole numbers >= 0, [experts * clients], expert by expert; sums along any path stay below 2^53. */
  readonly costs: Float64Array;
}

export class TransportationNetwork {
  readonly tree: SpanningTree;
  readonly flow: Int32Array;
  readonly state: Int8Array;
  /** How many arcs lead from experts to clients, and the number of the first artificial arc. */
  readonly pairs: number;
  readonly firstArtificial: number;
  readonly sink: number;
  private readonly root: number;

  /** @param picks 1 for each pair whose unit flows at the start, [experts * clients] */
  constructor(
    readonly problem: TransportationProblem,
    picks: Uint8Array,
  ) {
    const { experts, clients } = problem;
    this.pairs = experts * clients;
    this.firstArtificial = this.pairs + clients;
    this.sink = experts + clients;
    this.root = this.sink + 1;
    this.tree = new SpanningTree(this.root + 1);
    this.flow = new Int32Array(this.firstArtificial + this.root);
    this.state = new Int8Array(this.flow.length).fill(AT_LOWER);
    const surplus = this.sendPicks(picks);
    this.attachToRoot(this.sink, surplus[this.sink]!);
    for (let node = 0; node < this.sink; node += 1) {
      if (!this.attachToSink(node)) this.attachToRoot(node, surplus[node]!);
    }
  }

  source(arc: number): number {
    const { experts, clients } = this.problem;
    return arc < this.pairs ? Math.floor(arc / clients) : experts + arc - this.pairs;
  }

  target(arc: number): number {
    const { experts, clients } = this.problem;
    return arc < this.pairs ? experts + (arc % clients) : this.sink;
  }

  cost(arc: number): number {
    return arc < this.pairs ? this.problem.costs[arc]! : 0;
  }

  capacity(arc: number): number {
    if (arc < this.pairs) return 1;
    return arc < this.firstArtificial ? this.problem.most - this.problem.least : UNBOUNDED;
  }

  /** Sends the picks, and on to the sink what fits; returns what each node then has left over (or lacks: below 0). */
  private sendPicks(picks: Uint8Array): Int32Array {
    const { experts, clients, choices, least, most } = this.problem;
    const surplus = new Int32Array(this.root);
    surplus.fill(choices, 0, experts).fill(-least, experts, this.sink);
    surplus[this.sink] = clients * least - experts * choices;
    const send = (arc: number, units: number): void => {
      if (units === 0) return;
      this.flow[arc] = units;
      this.state[arc] = AT_UPPER;
      surplus[this.source(arc)]! -= units;
      surplus[this.target(arc)]! += units;
    };
    picks.forEach((picked, pair) => send(pair, picked));
    for (let client = 0; client < clients; client += 1) {
      send(this.pairs + client, Math.max(0, Math.min(most - least, surplus[experts + client]!)));
    }
    return surplus;
  }

  /** A client strictly between its limits must have its sink arc in the tree: only there may a flow be between bounds. */
  private attachToSink(node: number): boolean {
    const arc = this.pairs + node - this.problem.experts;
    const units = node < this.problem.experts ? 0 : this.flow[arc]!;
    if (units === 0 || units === this.capacity(arc)) return false;
    this.state[arc] = IN_TREE;
    this.tree.attach(node, this.sink, arc, 1);
    this.tree.depth[node] = this.tree.depth[this.sink]! + 1;
    this.tree.artificial[node] = this.tree.artificial[this.sink]!;
    return true;
  }

  /** Towards the root where there is nothing or something over, from it where something lacks: strongly feasible. */
  private attachToRoot(node: number, surplus: number): void {
    const arc = this.firstArtificial + node;
    const up = surplus >= 0 ? 1 : 0;
    this.flow[arc] = Math.abs(surplus);
    this.state[arc] = IN_TREE;
    this.tree.attach(node, this.root, arc, up);
    this.tree.depth[node] = 1;
    this.tree.artificial[node] = 1 - up;
  }
}
