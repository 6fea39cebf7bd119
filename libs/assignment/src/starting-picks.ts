/**
 * Picks for the simplex to start from: good, not optimal, and not always within the limits. The closer they are, the
 * fewer pivots remain; which sum is optimal does not depend on them.
 */
import type { TransportationProblem } from './transportation-network.js';

/** Bids per pick before the auction gives up: equal scores would otherwise raise prices in small steps for very long. */
const BIDS_PER_PICK = 16;

/** The auction's least increment is the largest cost divided by this. */
const INCREMENTS = 5000;

/** 1 where an expert starts with a client, [experts * clients], expert by expert. */
export function startingPicks(problem: TransportationProblem): Uint8Array {
  const start = new StartingPicks(problem);
  start.auction();
  start.fill();
  start.raiseToLeast();
  return start.picked;
}

class StartingPicks {
  readonly picked: Uint8Array;
  private readonly holders: number[][];
  /** What the pick of each pair bid; the lowest bid at a full client is the client's price. */
  private readonly bids: Float64Array;
  private readonly prices: Float64Array;
  /** How many experts each client holds: in an array of numbers, which every bid reads from end to end. */
  private readonly heldCounts: Int32Array;

  constructor(private readonly problem: TransportationProblem) {
    this.picked = new Uint8Array(problem.costs.length);
    this.holders = Array.from({ length: problem.clients }, () => []);
    this.bids = new Float64Array(problem.costs.length);
    this.prices = new Float64Array(problem.clients);
    this.heldCounts = new Int32Array(problem.clients);
  }

  /** Bertsekas' auction with one coarse increment: experts bid for clients, a full client drops its lowest bidder. */
  auction(): void {
    const { experts, choices, costs } = this.problem;
    const increment = costs.reduce((left, right) => Math.max(left, right), 0) / INCREMENTS;
    const waiting = Array.from({ length: experts * choices }, (_, pick) => Math.floor(pick / choices)).reverse();
    for (let bid = 0; bid < BIDS_PER_PICK * experts * choices; bid += 1) {
      const expert = waiting.pop();
      if (expert === undefined) return;
      const [client, advantage] = this.cheapest(expert, Infinity);
      if (client < 0) continue;
      const dropped = this.bid(expert, client, this.prices[client]! + advantage + increment);
      if (dropped >= 0) waiting.push(dropped);
    }
  }

  /** Experts with picks left take the cheapest clients that have room. */
  fill(): void {
    const { experts, clients, choices, most } = this.problem;
    this.prices.fill(0);
    for (let expert = 0; expert < experts; expert += 1) {
      let picks = 0;
      for (let client = 0; client < clients; client += 1) picks += this.picked[expert * clients + client]!;
      for (; picks < choices; picks += 1) {
        const [client] = this.cheapest(expert, most);
        if (client < 0) break;
        this.hold(expert, client);
      }
    }
  }

  /** Clients below their least number take those experts whose move costs least, from clients above theirs. */
  raiseToLeast(): void {
    this.holders.forEach((held, client) => {
      while (held.length < this.problem.least && this.moveTo(client)) continue;
    });
  }

  /** The expert's cheapest unpicked client of fewer than `room` holders (-1: none), and how much the next one costs more. */
  private cheapest(expert: number, room: number): [client: number, advantage: number] {
    const { picked, prices, heldCounts } = this;
    const { clients, costs } = this.problem;
    let best = -1;
    let least = Infinity;
    let second = Infinity;
    for (let client = 0, pair = expert * clients; client < clients; client += 1, pair += 1) {
      const cost = costs[pair]! + prices[client]!;
      if (cost >= second || picked[pair] === 1 || heldCounts[client]! >= room) continue;
      if (cost < least) {
        second = least;
        least = cost;
        best = client;
      } else {
        second = cost;
      }
    }
    return [best, second === Infinity ? 0 : second - least];
  }

  /** @returns the expert that a full client dropped, or -1 */
  private bid(expert: number, client: number, bid: number): number {
    const { clients, most } = this.problem;
    const held = this.holders[client]!;
    const lowest = (): number =>
      held.reduce((left, right) =>
        this.bids[right * clients + client]! < this.bids[left * clients + client]! ? right : left,
      );
    const dropped = held.length >= most ? lowest() : -1;
    if (dropped >= 0) this.release(dropped, client);
    this.hold(expert, client);
    this.bids[expert * clients + client] = bid;
    if (held.length >= most) this.prices[client] = this.bids[lowest() * clients + client]!;
    return dropped;
  }

  private moveTo(client: number): boolean {
    const { clients, least, costs } = this.problem;
    let [mover, origin, cheapest] = [-1, -1, Infinity];
    this.holders.forEach((held, other) => {
      if (held.length <= least) return;
      for (const expert of held) {
        const pair = expert * clients + client;
        const cost = costs[pair]! - costs[expert * clients + other]!;
        if (this.picked[pair] === 0 && cost < cheapest) [mover, origin, cheapest] = [expert, other, cost];
      }
    });
    if (mover < 0) return false;
    this.release(mover, origin);
    this.hold(mover, client);
    return true;
  }

  private hold(expert: number, client: number): void {
    this.picked[expert * this.problem.clients + client] = 1;
    this.holders[client]!.push(expert);
    this.heldCounts[client]! += 1;
  }

  private release(expert: number, client: number): void {
    this.picked[expert * this.problem.clients + client] = 0;
    const held = this.holders[client]!;
    held.splice(held.indexOf(expert), 1);
    this.heldCounts[client]! -= 1;
  }
}
