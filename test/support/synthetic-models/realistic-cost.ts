import { InferenceSession, Tensor } from 'onnxruntime-node';
import { castTo, createGraph, type Graph, type Value } from './onnx-writer.js';

/** How much a synthetic model computes for nothing, so that it costs what a real one costs. */
export interface Cost {
  /** Multiplications of each row of what goes in with a square matrix, one after the other. */
  readonly rounds: number;
  /** Rows and columns of the matrix. @defaultValue 1024 */
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
export function spend(graph: Graph, rows: Value, { rounds, dim = 1024 }: Cost): Value {
  // Depends on the input: of a constant, onnxruntime would keep a packed copy for each round, a gigabyte for 1000 of them.
  const one = scalarOne(graph, rows);
  const zeros = graph.node('ConstantOfShape', [graph.ints([dim, dim])]);
  const identity = graph.node('Mul', [graph.node('EyeLike', [zeros], { dtype: castTo.float.to }), one]);
  let busy = graph.node('Mul', [rows, graph.floats(Array(dim).fill(1), [1, dim])]);
  for (let round = 0; round < rounds; round++) busy = graph.node('MatMul', [busy, identity]);
  return scalarOne(graph, busy);
}

function scalarOne(graph: Graph, of: Value): Value {
  const mean = graph.node('ReduceMean', [of], { keepdims: 0 });
  const nothing = graph.node('Mul', [mean, graph.floats([0], [])]);
  return graph.node('Add', [nothing, graph.floats([1], [])]);
}

/**
 * The cost that keeps one core of this machine busy for `msPerRow` with each row: measured, since machines differ by ten.
 *
 * @param rows - how many rows there are about at a time; few are a little dearer each.
 */
export async function costOf({ msPerRow, rows = 40 }: { msPerRow: number; rows?: number }): Promise<Cost> {
  const rounds = 60;
  const graph = createGraph('yardstick');
  const input = graph.input('rows', 'float', ['n', 1]);
  graph.output('one', spend(graph, input, { rounds }), 'float', []);
  const session = await InferenceSession.create(graph.toBytes(), { intraOpNumThreads: 1 });
  const feeds = { rows: new Tensor('float32', new Float32Array(rows), [rows, 1]) };
  let leastMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 4; run++) {
    // CPU time: on a busy machine wall time tells about the others.
    const before = process.cpuUsage();
    await session.run(feeds);
    const { user, system } = process.cpuUsage(before);
    leastMs = Math.min(leastMs, (user + system) / 1000);
  }
  await session.release();
  return { rounds: Math.max(1, Math.round((rounds * rows * msPerRow) / leastMs)) };
}
