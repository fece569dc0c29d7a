import { castTo, type Graph, type Value } from './onnx-writer.js';

/** How much a synthetic model computes for nothing, so that it costs what a real one costs. */
export interface Cost {
  /** Multiplications of each row of what goes in with a square matrix, one after the other. */
  readonly rounds: number;
  /** Rows and columns of the matrix. @defaultValue 512 */
  readonly dim?: number;
}

/**
 * Multiply for nothing, in proportion to the rows of `rows` (shape [n, 1], any numbers).
 *
 * The matrix is the identity, so that nothing grows, vanishes or becomes denormal, which would change the cost; the optimiser of
 * onnxruntime does not look for it.
 *
 * @returns a scalar that is exactly 1, to be multiplied with what the model gives, so that the work is not optimised away.
 */
export function spend(graph: Graph, rows: Value, { rounds, dim = 512 }: Cost): Value {
  const zeros = graph.node('ConstantOfShape', [graph.ints([dim, dim])]);
  const identity = graph.node('EyeLike', [zeros], { dtype: castTo.float.to });
  let busy = graph.node('Mul', [rows, graph.floats(Array(dim).fill(1), [1, dim])]);
  for (let round = 0; round < rounds; round++) busy = graph.node('MatMul', [busy, identity]);
  const mean = graph.node('ReduceMean', [busy], { keepdims: 0 });
  const nothing = graph.node('Mul', [mean, graph.floats([0], [])]);
  return graph.node('Add', [nothing, graph.floats([1], [])]);
}
