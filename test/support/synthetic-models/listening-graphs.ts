import { castTo, createGraph, type Graph, type Value } from './onnx-writer.js';
import { type Cost, spend } from './realistic-cost.js';

/** What has been found in each window of what is listened to, both of shape [windows]. */
export interface Windows {
  /** 1 where there is a tone, 0 where there is none; the first is always 0. */
  readonly heard: Value;
  /** Which letter it would be. */
  readonly which: Value;
}

/** How the vocabulary of a recogniser is laid out. */
export interface Spelling {
  /** The token of the first letter; the others follow. */
  readonly firstLetter: number;
  readonly endToken: number;
  /** How many tokens come before what is written. */
  readonly promptTokens: number;
  readonly vocabularySize: number;
}

/**
 * The end of an encoder: the token of each tone, in order, and then the end, as [1, tones + 1, 1].
 *
 * @param lookAhead - so many windows after the one in which a tone begins, a window lies wholly in it.
 */
export function writeTokens(
  graph: Graph,
  { heard, which }: Windows,
  { firstLetter, endToken }: Spelling,
  lookAhead: number,
  cost: Cost | undefined,
): void {
  const earlier = slice(graph, heard, 0, -1 - lookAhead);
  const here = slice(graph, heard, 1, -lookAhead);
  const begins = graph.node('Greater', [graph.node('Sub', [here, earlier]), graph.floats([0.5])]);
  const at = graph.node('Reshape', [graph.node('NonZero', [begins]), graph.ints([-1])]);
  const letter = graph.node('Gather', [which, graph.node('Add', [at, graph.ints([1 + lookAhead])])]);
  const all = [graph.node('Add', [letter, graph.ints([firstLetter])]), graph.ints([endToken])];
  let tokens = graph.node('Cast', [graph.node('Concat', all, { axis: 0 })], castTo.float);
  if (cost) {
    const rows = graph.node('Reshape', [heard, graph.ints([-1, 1])]);
    tokens = graph.node('Mul', [tokens, spend(graph, rows, cost)]);
  }
  const states = graph.node('Reshape', [tokens, graph.ints([1, -1, 1])]);
  graph.output('last_hidden_state', states, 'float', [1, 'tokens', 1]);
}

const slice = (graph: Graph, value: Value, from: number, to: number) =>
  graph.node('Slice', [value, graph.ints([from]), graph.ints([to]), graph.ints([0])]);

/**
 * A merged decoder that writes one token of the encoder each step: how many it has written is how long the key-value cache has become.
 */
export function spellingDecoder(
  { promptTokens, vocabularySize }: Spelling,
  cost: Cost | undefined,
): Uint8Array {
  const graph = createGraph('synthetic decoder');
  const ids = graph.input('input_ids', 'int64', [1, 'steps']);
  const states = graph.input('encoder_hidden_states', 'float', [1, 'tokens', 1]);
  const cacheShape = [1, 1, 'past', 1] as const;
  const past = ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => ({
    part,
    value: graph.input(`past_key_values.0.${part}`, 'float', cacheShape),
  }));
  graph.input('use_cache_branch', 'bool', [1]);

  const key = past[0]?.value as Value;
  const count = (value: Value, axis: number) =>
    graph.node('Gather', [graph.node('Shape', [value]), graph.ints([axis])]);
  const steps = count(ids, 1);
  const written = graph.node('Sub', [graph.node('Add', [count(key, 2), steps]), graph.ints([promptTokens])]);
  const last = graph.node('Sub', [count(states, 1), graph.ints([1])]);
  const at = graph.node('Min', [written, last]);
  const token = graph.node('Gather', [graph.node('Reshape', [states, graph.ints([-1])]), at]);
  const certain = graph.node('OneHot', [
    graph.node('Cast', [token], castTo.int64),
    graph.ints([vocabularySize], []),
    graph.floats([0, 20]),
  ]);
  const one = graph.ints([1]);
  const logitShape = graph.node('Concat', [one, steps, graph.ints([vocabularySize])], { axis: 0 });
  const single = graph.node('Reshape', [certain, graph.ints([1, 1, -1])]);
  let logits = graph.node('Expand', [single, logitShape]);
  if (cost) {
    const rows = graph.node('Reshape', [graph.node('Cast', [ids], castTo.float), graph.ints([-1, 1])]);
    logits = graph.node('Mul', [logits, spend(graph, rows, cost)]);
  }
  graph.output('logits', logits, 'float', [1, 'steps', vocabularySize]);
  const cell = graph.floats([1], [1, 1, 1, 1]);
  const cells = graph.node('Expand', [cell, graph.node('Concat', [one, one, steps, one], { axis: 0 })]);
  for (const { part, value } of past) {
    const isGrown = part.startsWith('decoder');
    const present = isGrown ? graph.node('Concat', [value, cells], { axis: 2 }) : cell;
    graph.output(`present.0.${part}`, present, 'float', cacheShape);
  }
  return graph.toBytes();
}
