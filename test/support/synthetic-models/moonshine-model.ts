import { json, type ModelFiles, onnxPath, type SyntheticDtype } from './model-folder.js';
import { castTo, createGraph, type Graph, type Value } from './onnx-writer.js';
import { type Cost, spend } from './realistic-cost.js';
import { letterHz, letters, listeningFormat } from './tone-alphabet.js';

/** What a synthetic Moonshine is to be. */
export interface SyntheticMoonshine {
  /** Which weight files there are. @defaultValue ['fp32', 'q8'] */
  readonly dtypes?: readonly SyntheticDtype[];
  /** Of each 20 ms of what it listens to. @defaultValue none */
  readonly encoderCost?: Cost;
  /** Of each token that it writes. @defaultValue none */
  readonly decoderCost?: Cost;
}

const special = ['<unk>', '<s>', '</s>'];
const [startToken, endToken] = [1, 2];
const vocabulary = [...special, ...letters];

/** A window of 40 ms every 20 ms. Units: samples. */
const windowSamples = 640;
export const hopSamples = 320;
/** Tones of a lower amplitude than this are not heard. */
const leastLevel = 0.05;

/**
 * A model with the inputs, the outputs and the files of Moonshine, that reads the tones of `spell`: an encoder that finds where each
 * tone begins and which it is, and a merged decoder that writes one letter a step and then the end, counting its steps in
 * the key-value cache as a real one does.
 */
export function syntheticMoonshine({
  dtypes = ['fp32', 'q8'],
  encoderCost,
  decoderCost,
}: SyntheticMoonshine = {}): ModelFiles {
  const [encoder, decoder] = [encoderGraph(encoderCost), decoderGraph(decoderCost)];
  return {
    'config.json': json({
      model_type: 'moonshine',
      architectures: ['MoonshineForConditionalGeneration'],
      is_encoder_decoder: true,
      decoder_start_token_id: startToken,
      bos_token_id: startToken,
      eos_token_id: endToken,
      pad_token_id: endToken,
      vocab_size: vocabulary.length,
      hidden_size: 1,
      encoder_num_hidden_layers: 1,
      encoder_num_key_value_heads: 1,
      decoder_num_hidden_layers: 1,
      decoder_num_key_value_heads: 1,
    }),
    'generation_config.json': json({
      bos_token_id: startToken,
      decoder_start_token_id: startToken,
      eos_token_id: endToken,
      pad_token_id: endToken,
      max_length: 194,
    }),
    'preprocessor_config.json': json({
      feature_extractor_type: 'MoonshineFeatureExtractor',
      processor_class: 'MoonshineProcessor',
      sampling_rate: listeningFormat.sampleRateHz,
      feature_size: 1,
    }),
    'tokenizer.json': json({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: special.map((content, id) => ({
        ...{
          id,
          content,
          special: true,
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: false,
        },
      })),
      normalizer: null,
      pre_tokenizer: { type: 'Split', pattern: { Regex: '' }, behavior: 'Isolated', invert: false },
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])) },
    }),
    'tokenizer_config.json': json({
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<unk>',
      model_max_length: 1_000_000,
      clean_up_tokenization_spaces: false,
    }),
    ...Object.fromEntries(
      dtypes.flatMap((dtype) => [
        [onnxPath('encoder_model', dtype), encoder],
        [onnxPath('decoder_model_merged', dtype), decoder],
      ]),
    ),
  };
}

/** Samples in; out come the token of each tone, in order, and then the end, as [1, tones + 1, 1]. */
function encoderGraph(cost: Cost | undefined): Uint8Array {
  const graph = createGraph('synthetic moonshine encoder');
  const audio = graph.input('input_values', 'float', [1, 'samples']);
  // Silence before and after, so that the first and the last tone have an edge and a neighbour.
  const padding = graph.ints([0, 0, 2 * windowSamples, 0, 0, 2 * windowSamples]);
  const signal = graph.node('Pad', [graph.node('Reshape', [audio, graph.ints([1, 1, -1])]), padding]);

  const amplitude = amplitudes(graph, signal);
  const flat = graph.ints([-1]);
  const loudest = graph.node('Reshape', [
    graph.node('ReduceMax', [amplitude], { axes: [1], keepdims: 0 }),
    flat,
  ]);
  const which = graph.node('Reshape', [graph.node('ArgMax', [amplitude], { axis: 1, keepdims: 0 }), flat]);

  const heard = graph.node(
    'Cast',
    [graph.node('Greater', [loudest, graph.floats([leastLevel])])],
    castTo.float,
  );
  const earlier = slice(graph, heard, 0, -2);
  const here = slice(graph, heard, 1, -1);
  // Heard in this window and not in the one before: a tone begins. The window after this one lies wholly in it.
  const begins = graph.node('Greater', [graph.node('Sub', [here, earlier]), graph.floats([0.5])]);
  const at = graph.node('Reshape', [graph.node('NonZero', [begins]), flat]);
  const letter = graph.node('Gather', [which, graph.node('Add', [at, graph.ints([2])])]);
  const token = graph.node('Add', [letter, graph.ints([special.length])]);
  let tokens = graph.node(
    'Cast',
    [graph.node('Concat', [token, graph.ints([endToken])], { axis: 0 })],
    castTo.float,
  );
  if (cost) {
    const rows = graph.node('Reshape', [heard, graph.ints([-1, 1])]);
    tokens = graph.node('Mul', [tokens, spend(graph, rows, cost)]);
  }
  const states = graph.node('Reshape', [tokens, graph.ints([1, -1, 1])]);
  graph.output('last_hidden_state', states, 'float', [1, 'tokens', 1]);
  return graph.toBytes();
}

/** How much of each letter's tone there is in each window, as [1, letters, windows]. */
function amplitudes(graph: Graph, signal: Value): Value {
  const square = (phase: (angle: number) => number) => {
    const kernels = letters.flatMap((_, index) => {
      const step = (2 * Math.PI * letterHz(index)) / listeningFormat.sampleRateHz;
      return Array.from({ length: windowSamples }, (_, n) => (2 / windowSamples) * phase(step * n));
    });
    const bank = graph.floats(kernels, [letters.length, 1, windowSamples]);
    const part = graph.node('Conv', [signal, bank], { strides: [hopSamples], kernel_shape: [windowSamples] });
    return graph.node('Mul', [part, part]);
  };
  return graph.node('Sqrt', [graph.node('Add', [square(Math.cos), square(Math.sin)])]);
}

const slice = (graph: Graph, value: Value, from: number, to: number) =>
  graph.node('Slice', [value, graph.ints([from]), graph.ints([to]), graph.ints([0])]);

/** The token of this step gets all the weight; the step is how long the cache has become. */
function decoderGraph(cost: Cost | undefined): Uint8Array {
  const graph = createGraph('synthetic moonshine decoder');
  const ids = graph.input('input_ids', 'int64', [1, 'steps']);
  const states = graph.input('encoder_hidden_states', 'float', [1, 'tokens', 1]);
  const cacheShape = [1, 1, 'past', 1] as const;
  const past = ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => ({
    part,
    value: graph.input(`past_key_values.0.${part}`, 'float', cacheShape),
  }));
  const usesCache = graph.input('use_cache_branch', 'bool', [1]);

  const key = past[0]?.value as Value;
  const count = (value: Value, axis: number) =>
    graph.node('Gather', [graph.node('Shape', [value]), graph.ints([axis])]);
  // Without a cache the first step; with one, what has been written so far.
  const step = graph.node('Where', [usesCache, count(key, 2), graph.ints([0])]);
  const last = graph.node('Sub', [count(states, 1), graph.ints([1])]);
  const at = graph.node('Min', [step, last]);
  const token = graph.node('Gather', [graph.node('Reshape', [states, graph.ints([-1])]), at]);
  const certain = graph.node('OneHot', [
    graph.node('Cast', [token], castTo.int64),
    graph.ints([vocabulary.length], []),
    graph.floats([0, 20]),
  ]);
  let logits = graph.node('Reshape', [certain, graph.ints([1, 1, -1])]);
  if (cost) {
    const row = graph.node('Reshape', [graph.node('Cast', [ids], castTo.float), graph.ints([-1, 1])]);
    logits = graph.node('Mul', [logits, spend(graph, row, cost)]);
  }
  graph.output('logits', logits, 'float', [1, 'steps', vocabulary.length]);
  const one = graph.floats([1], [1, 1, 1, 1]);
  for (const { part, value } of past) {
    const grown = part.startsWith('decoder') ? graph.node('Concat', [value, one], { axis: 2 }) : one;
    graph.output(`present.0.${part}`, grown, 'float', cacheShape);
  }
  return graph.toBytes();
}
