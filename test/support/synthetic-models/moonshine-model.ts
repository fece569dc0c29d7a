import { spellingDecoder, writeTokens } from './listening-graphs.js';
import { json, type ModelFiles, onnxPath, type SyntheticDtype } from './model-folder.js';
import { castTo, createGraph, type Graph, type Value } from './onnx-writer.js';
import type { Cost } from './realistic-cost.js';
import { tokenizerFile } from './tokenizer-file.js';
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
const startToken = 1;
const vocabulary = [...special, ...letters];
const spelling = {
  firstLetter: special.length,
  endToken: 2,
  promptTokens: 1,
  vocabularySize: vocabulary.length,
};

/** A window of 40 ms every 20 ms. Units: samples. */
const windowSamples = 640;
const hopSamples = 320;
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
  const [encoder, decoder] = [encoderGraph(encoderCost), spellingDecoder(spelling, decoderCost)];
  return {
    'config.json': json({
      model_type: 'moonshine',
      architectures: ['MoonshineForConditionalGeneration'],
      is_encoder_decoder: true,
      decoder_start_token_id: startToken,
      bos_token_id: startToken,
      eos_token_id: spelling.endToken,
      pad_token_id: spelling.endToken,
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
      eos_token_id: spelling.endToken,
      pad_token_id: spelling.endToken,
      max_length: 194,
    }),
    'preprocessor_config.json': json({
      feature_extractor_type: 'MoonshineFeatureExtractor',
      processor_class: 'MoonshineProcessor',
      sampling_rate: listeningFormat.sampleRateHz,
      feature_size: 1,
    }),
    'tokenizer.json': tokenizerFile(vocabulary, special),
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

/** Samples in, tokens out. */
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
  writeTokens(graph, { heard, which }, spelling, 1, cost);
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
