import { describe, expect, it } from '@jest/globals';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { DataType } from './data-type.js';
import { gradientsOf } from './differentiate.js';
import { emitModel } from './onnx/emitter.js';
import { crossEntropy, matmul, multiply, reshape, scale, sum } from './operations.js';
import { Graph, type Tensor } from './tensor.js';

const ROWS = 3;
const OUTPUTS = 4;
const INPUTS = 64;
const BLOCK = 32;

/** A repeatable whole number in [-bound, bound] for each index. */
const whole = (index: number, bound: number): number => ((index * 7919 + 13) % (2 * bound + 1)) - bound;
const X = Float32Array.from({ length: ROWS * INPUTS }, (_, index) => whole(index, 127) / 127);
const SLOPE = Float32Array.from({ length: ROWS * OUTPUTS }, (_, index) => whole(index * 3, 127) / 127);

function memory(
  graph: Graph,
  name: string,
  shape: readonly number[],
  dataType: DataType,
  array: ArrayBufferView,
): Tensor {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return graph.weight(name, shape, dataType, { kind: 'memory', bytes });
}

/** W [outputs, inputs] whose elements both directions of 8 bits hold exactly: all scales are one. */
function int8Weight(graph: Graph, matrix: Int8Array): Tensor {
  const transposed = Int8Array.from({ length: matrix.length }, (_, index) => {
    const [input, output] = [Math.floor(index / OUTPUTS), index % OUTPUTS];
    return matrix[output * INPUTS + input] as number;
  });
  const ones = (length: number): Float32Array => new Float32Array(length).fill(1);
  return graph.quantizedWeight('w', [OUTPUTS, INPUTS], {
    kind: 'int8',
    stored: memory(graph, 'stored', [OUTPUTS, INPUTS], 'float32', Float32Array.from(matrix)),
    straight: {
      values: memory(graph, 'straight', [OUTPUTS, INPUTS], 'int8', matrix),
      scales: memory(graph, 'straight_scales', [INPUTS], 'float32', ones(INPUTS)),
    },
    transposed: {
      values: memory(graph, 'transposed', [INPUTS, OUTPUTS], 'int8', transposed),
      scales: memory(graph, 'transposed_scales', [OUTPUTS], 'float32', ones(OUTPUTS)),
    },
  });
}

function int4Weight(graph: Graph, matrix: Int8Array): Tensor {
  const bytes = new Uint8Array(matrix.length / 2);
  matrix.forEach((value, index) => {
    bytes[index >> 1] = (bytes[index >> 1] as number) | ((value + 8) << (index % 2 === 0 ? 0 : 4));
  });
  const blocks = INPUTS / BLOCK;
  const scales = new Float32Array(OUTPUTS * blocks).fill(1);
  const zeroPoints = new Uint8Array((OUTPUTS * blocks) / 2).fill(0x88);
  return graph.quantizedWeight('w', [OUTPUTS, INPUTS], {
    kind: 'int4',
    blocks: memory(graph, 'blocks', [OUTPUTS, blocks, BLOCK / 2], 'uint8', bytes),
    values: memory(graph, 'values', [OUTPUTS, INPUTS], 'uint4', bytes),
    scales: memory(graph, 'scales', [OUTPUTS, blocks], 'float32', scales),
    zeroPoints: memory(graph, 'zero_points', [OUTPUTS, blocks], 'uint4', zeroPoints),
  });
}

/** y = x W^T, and the gradient of the sum of `slope * y` with respect to x, which is `slope W`. */
async function run(make: (graph: Graph) => Tensor, x: Float32Array, slope: Float32Array) {
  const graph = new Graph('float32');
  const input = graph.input('x', [ROWS, INPUTS], { differentiable: true });
  const weights = graph.input('slope', [ROWS, OUTPUTS]);
  const y = matmul(input, make(graph), { transposeB: true });
  const loss = reshape(sum(multiply(y, weights), [0, 1]), [1]);
  const [gradient] = gradientsOf(loss, [input]) as [Tensor];
  const session = await InferenceSession.create(emitModel(graph, { y, gradient }), { logSeverityLevel: 3 });
  const outputs = await session.run({
    x: new OrtTensor('float32', x, [ROWS, INPUTS]),
    slope: new OrtTensor('float32', slope, [ROWS, OUTPUTS]),
  });
  await session.release();
  return { y: outputs['y']?.data as Float32Array, gradient: outputs['gradient']?.data as Float32Array };
}

/** a [rows, inner] times b [inner, columns], read by functions of row and column. */
function product(
  rows: number,
  inner: number,
  columns: number,
  a: (row: number, at: number) => number,
  b: (at: number, column: number) => number,
): number[] {
  return Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let total = 0;
    for (let at = 0; at < inner; at += 1) total += a(row, at) * b(at, column);
    return total;
  });
}

const expectedProduct = (matrix: Int8Array, x: Float32Array): number[] =>
  product(
    ROWS,
    INPUTS,
    OUTPUTS,
    (row, at) => x[row * INPUTS + at] as number,
    (at, column) => matrix[column * INPUTS + at] as number,
  );
const expectedGradient = (matrix: Int8Array): number[] =>
  product(
    ROWS,
    OUTPUTS,
    INPUTS,
    (row, at) => SLOPE[row * OUTPUTS + at] as number,
    (at, column) => matrix[at * INPUTS + column] as number,
  );

/** The largest difference, as a share of the expected values' largest magnitude. */
function worstShare(actual: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, index) => Math.abs(value - (actual[index] as number)))) / largest;
}

/** Every whole number up to 127 is a bfloat16. */
function bfloat16Weight(graph: Graph, matrix: Int8Array): Tensor {
  const halves = Uint16Array.from(new Uint32Array(Float32Array.from(matrix).buffer), (bits) => bits >>> 16);
  const values = memory(graph, 'values', [OUTPUTS, INPUTS], 'bfloat16', halves);
  return graph.quantizedWeight('w', [OUTPUTS, INPUTS], { kind: 'bfloat16', values });
}

const forms = [
  {
    form: '16 bits',
    make: bfloat16Weight,
    matrix: Int8Array.from({ length: OUTPUTS * INPUTS }, (_, at) => whole(at, 127)),
  },
  { form: '8 bits', make: int8Weight, matrix: Int8Array.from({ length: OUTPUTS * INPUTS }, (_, at) => whole(at, 127)) },
  { form: '4 bits', make: int4Weight, matrix: Int8Array.from({ length: OUTPUTS * INPUTS }, (_, at) => whole(at, 7)) },
];

describe.each(forms)('products with a matrix of $form', ({ make, matrix }) => {
  it('keep x W^T and its gradient to the precision of 8-bit rows', async () => {
    const { y, gradient } = await run((graph) => make(graph, matrix), X, SLOPE);
    expect(worstShare(y, expectedProduct(matrix, X))).toBeLessThan(0.01);
    expect(worstShare(gradient, expectedGradient(matrix))).toBeLessThan(0.01);
  });

  it('lose nothing in a small row beside a large one, and keep a row of zeros', async () => {
    const factors = [1e-4, 1e4, 0];
    const x = X.map((value, index) => value * (factors[Math.floor(index / INPUTS)] as number));
    const { y } = await run((graph) => make(graph, matrix), x, SLOPE);
    const expected = expectedProduct(matrix, x);
    for (const row of [0, 1]) {
      const part = [row * OUTPUTS, (row + 1) * OUTPUTS] as const;
      expect(worstShare(y.slice(...part), expected.slice(...part))).toBeLessThan(0.01);
    }
    expect([...y.slice(2 * OUTPUTS)].every((value) => value === 0)).toBe(true);
  });

  it('are the only use of it', () => {
    const graph = new Graph('float32');
    const weight = make(graph, matrix);
    expect(() => scale(weight, 2)).toThrow('scale: w is held in fewer bits, only products may use it');
    const x = graph.input('x', [ROWS, INPUTS]);
    expect(() => matmul(x, weight, { transposeB: true, alpha: 2 })).toThrow('only A B and A B^T are there');
  });
});

describe('cross-entropy with a vocabulary of 8 bits', () => {
  const targets = [2, 0, 3];
  const matrix = Int8Array.from({ length: OUTPUTS * INPUTS }, (_, at) => whole(at, 127));
  /** Rows that 8 bits hold exactly; small enough for every word to have some probability. */
  const x = X.map((value) => value / 1000);

  function exact() {
    const logits = expectedProduct(matrix, x);
    const losses: number[] = [];
    const gradient: number[] = [];
    targets.forEach((target, row) => {
      const own = logits.slice(row * OUTPUTS, (row + 1) * OUTPUTS);
      const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
      const probabilities = own.map((logit) => Math.exp(logit) / total);
      losses.push(-Math.log(probabilities[target] as number));
      for (let at = 0; at < INPUTS; at += 1) {
        gradient.push(
          probabilities.reduce(
            (sum, p, word) => sum + (p - Number(word === target)) * (matrix[word * INPUTS + at] as number),
            0,
          ),
        );
      }
    });
    return { losses, gradient };
  }

  it('loses next to nothing, where 8 bits for the probabilities would lose a hundred times as much', async () => {
    const graph = new Graph('float32');
    const hidden = graph.input('x', [ROWS, INPUTS], { differentiable: true });
    const indices = graph.input('targets', [ROWS, 1], { dataType: 'int64' });
    const { loss, tokenLosses } = crossEntropy(
      hidden,
      int8Weight(graph, matrix),
      indices,
      graph.input('weights', [ROWS, 1]),
    );
    const [gradient] = gradientsOf(loss, [hidden]) as [Tensor];
    const session = await InferenceSession.create(emitModel(graph, { tokenLosses, gradient }), { logSeverityLevel: 3 });
    const outputs = await session.run({
      x: new OrtTensor('float32', x, [ROWS, INPUTS]),
      targets: new OrtTensor('int64', BigInt64Array.from(targets, BigInt), [ROWS, 1]),
      weights: new OrtTensor('float32', new Float32Array(ROWS).fill(1), [ROWS, 1]),
    });
    await session.release();
    const expected = exact();
    expect(worstShare(outputs['tokenLosses']?.data as Float32Array, expected.losses)).toBeLessThan(1e-4);
    expect(worstShare(outputs['gradient']?.data as Float32Array, expected.gradient)).toBeLessThan(1e-4);
  });
});
