/**
 * The basis of a network simplex: a rooted spanning tree with a potential per node, such that every tree arc has reduced
 * cost cost + potential(source) - potential(target) = 0. Potentials have two parts, compared one after the other: how
 * often the unpayable cost of an artificial arc enters, and the sum of real costs. Kept apart, the second part stays an
 * exact integer.
 */
export class SpanningTree {
  readonly parent: Int32Array;
  /** The arc between a node and its parent, and whether it leads up, from the node to its parent. */
  readonly arc: Int32Array;
  readonly up: Uint8Array;
  readonly depth: Int32Array;
  readonly artificial: Int32Array;
  readonly potential: Float64Array;

  private readonly firstChild: Int32Array;
  private readonly nextSibling: Int32Array;
  private readonly previousSibling: Int32Array;
  private readonly stack: Int32Array;

  /** A tree of `nodes` nodes that is only its root, the last one; `attach` the others. */
  constructor(nodes: number) {
    const none = (): Int32Array => new Int32Array(nodes).fill(-1);
    this.parent = none();
    this.arc = none();
    this.up = new Uint8Array(nodes);
    this.depth = new Int32Array(nodes);
    this.artificial = new Int32Array(nodes);
    this.potential = new Float64Array(nodes);
    this.firstChild = none();
    this.nextSibling = none();
    this.previousSibling = none();
    this.stack = new Int32Array(nodes);
  }

  /** Hangs a node without parent below another. Depth and potentials are the caller's to set. */
  attach(node: number, parent: number, arc: number, up: number): void {
    const first = this.firstChild[parent]!;
    this.parent[node] = parent;
    this.arc[node] = arc;
    this.up[node] = up;
    this.previousSibling[node] = -1;
    this.nextSibling[node] = first;
    if (first >= 0) this.previousSibling[first] = node;
    this.firstChild[parent] = node;
  }

  /**
   * Replaces the arc above `top` by an arc between `node`, which lies below or at `top`, and `newParent`, which does not:
   * the subtree of `top` is hung up by `node`, and all its potentials move by one difference.
   */
  rehang(top: number, node: number, newParent: number, newArc: number, newUp: number, cost: number): void {
    const direction = newUp === 1 ? -1 : 1;
    const artificialShift = this.artificial[newParent]! - this.artificial[node]!;
    const shift = this.potential[newParent]! + direction * cost - this.potential[node]!;
    let [current, parent, arc, up] = [node, newParent, newArc, newUp];
    for (;;) {
      const [oldParent, oldArc, oldUp] = [this.parent[current]!, this.arc[current]!, this.up[current]!];
      this.detach(current);
      this.attach(current, parent, arc, up);
      if (current === top) break;
      [parent, arc, up] = [current, oldArc, 1 - oldUp];
      current = oldParent;
    }
    this.refreshSubtree(node, artificialShift, shift);
  }

  /** The lowest node above both, or one of them. */
  commonAncestor(left: number, right: number): number {
    const { parent, depth } = this;
    while (left !== right) {
      if (depth[left]! >= depth[right]!) left = parent[left]!;
      else right = parent[right]!;
    }
    return left;
  }

  private detach(node: number): void {
    const previous = this.previousSibling[node]!;
    const next = this.nextSibling[node]!;
    if (previous >= 0) this.nextSibling[previous] = next;
    else this.firstChild[this.parent[node]!] = next;
    if (next >= 0) this.previousSibling[next] = previous;
  }

  private refreshSubtree(top: number, artificialShift: number, shift: number): void {
    const { stack, parent, depth, artificial, potential, firstChild, nextSibling } = this;
    let height = 0;
    stack[height++] = top;
    while (height > 0) {
      const node = stack[--height]!;
      depth[node] = depth[parent[node]!]! + 1;
      artificial[node]! += artificialShift;
      potential[node]! += shift;
      for (let child = firstChild[node]!; child >= 0; child = nextSibling[child]!) stack[height++] = child;
    }
  }
}
