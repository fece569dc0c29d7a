import { WhisperFeatureExtractor } from '@huggingface/transformers';
import { spellingDecoder, writeTokens } from './listening-graphs.js';
import { json, type ModelFiles, onnxPath } from './model-folder.js';
import { castTo, createGraph } from './onnx-writer.js';
import { tokenizerFile } from './tokenizer-file.js';
import { letters, listeningFormat, spell } from './tone-alphabet.js';

const features = {
  feature_extractor_type: 'WhisperFeatureExtractor',
  processor_class: 'WhisperProcessor',
  chunk_length: 30,
  feature_size: 80,
  hop_length: 160,
  n_fft: 400,
  n_samples: 480_000,
  nb_max_frames: 3000,
  sampling_rate: listeningFormat.sampleRateHz,
};

const end = '<|endoftext|>';
const start = '<|startoftranscript|>';
const plain = '<|notimestamps|>';
const many = ['<|en|>', '<|ru|>', '<|translate|>', '<|transcribe|>'];
/** What comes out is in the lowest numbers: everything from `plain` on is a time. */
const special = [end, start, ...many, plain];
const vocabulary = [...letters, ...special];
const tokenOf = (token: string) => vocabulary.indexOf(token);

/** A window each 10 ms; the window of 25 ms lies wholly in a tone when it began 30 ms ago. */
const lookAhead = 3;

/**
 * A model with the inputs, the outputs and the files of Whisper, that reads the tones of `spell` in the spectrogram that the library
 * makes of them.
 *
 * @param isMultilingual - whether it is told a language and a task before it begins.
 */
export async function syntheticWhisper({ isMultilingual }: { isMultilingual: boolean }): Promise<ModelFiles> {
  const spelling = {
    firstLetter: 0,
    endToken: tokenOf(end),
    promptTokens: isMultilingual ? 4 : 2,
    vocabularySize: vocabulary.length,
  };
  return {
    'config.json': json({
      model_type: 'whisper',
      architectures: ['WhisperForConditionalGeneration'],
      is_encoder_decoder: true,
      decoder_start_token_id: tokenOf(start),
      bos_token_id: tokenOf(end),
      eos_token_id: tokenOf(end),
      pad_token_id: tokenOf(end),
      vocab_size: vocabulary.length,
      d_model: 1,
      max_source_positions: 1500,
      encoder_layers: 1,
      encoder_attention_heads: 1,
      decoder_layers: 1,
      decoder_attention_heads: 1,
    }),
    'generation_config.json': json({
      decoder_start_token_id: tokenOf(start),
      eos_token_id: tokenOf(end),
      pad_token_id: tokenOf(end),
      max_length: 448,
      no_timestamps_token_id: tokenOf(plain),
      is_multilingual: isMultilingual,
      ...(isMultilingual && {
        lang_to_id: { '<|en|>': tokenOf('<|en|>'), '<|ru|>': tokenOf('<|ru|>') },
        task_to_id: { transcribe: tokenOf('<|transcribe|>'), translate: tokenOf('<|translate|>') },
      }),
    }),
    'preprocessor_config.json': json(features),
    'tokenizer.json': tokenizerFile(vocabulary, special),
    'tokenizer_config.json': json({
      tokenizer_class: 'WhisperTokenizer',
      bos_token: end,
      eos_token: end,
      unk_token: end,
      model_max_length: 1024,
      clean_up_tokenization_spaces: false,
    }),
    [onnxPath('encoder_model', 'fp32')]: await encoderGraph(spelling),
    [onnxPath('decoder_model_merged', 'fp32')]: spellingDecoder(spelling, undefined),
  };
}

/** Spectrogram in, tokens out: in each window the letter whose tone it resembles most. */
async function encoderGraph(spelling: Parameters<typeof writeTokens>[2]): Promise<Uint8Array> {
  const graph = createGraph('synthetic whisper encoder');
  const input = graph.input('input_features', 'float', [1, features.feature_size, features.nb_max_frames]);
  const spectrum = graph.node('Reshape', [input, graph.ints([features.feature_size, -1])]);
  const patterns = graph.floats((await tonePatterns()).flat(), [letters.length, features.feature_size]);
  const likeness = graph.node('MatMul', [patterns, spectrum]);
  const which = graph.node('ArgMax', [likeness], { axis: 0, keepdims: 0 });
  const level = graph.node('ReduceMax', [spectrum], { axes: [0], keepdims: 0 });
  const loudest = graph.node('ReduceMax', [level], { keepdims: 0 });
  // 20 dB below the loudest there is no tone, and where all is silent there is none either.
  const threshold = graph.node('Max', [
    graph.node('Sub', [loudest, graph.floats([0.5], [])]),
    graph.floats([0.2], []),
  ]);
  const isTone = graph.node('Cast', [graph.node('Greater', [level, threshold])], castTo.float);
  // One window earlier, so that a tone at the very beginning begins too.
  const heard = graph.node('Concat', [graph.floats([0]), isTone], { axis: 0 });
  const shifted = graph.node('Concat', [graph.ints([0]), which], { axis: 0 });
  writeTokens(graph, { heard, which: shifted }, spelling, lookAhead, undefined);
  return graph.toBytes();
}

/** The spectrum of each letter's tone as the library sees it, without its level, all of the same length. */
async function tonePatterns(): Promise<number[][]> {
  const extract = new WhisperFeatureExtractor(features) as unknown as (
    samples: Float32Array,
  ) => Promise<{ input_features: { data: Float32Array; dims: number[] } }>;
  const { data } = (await extract(spell(letters.join('')))).input_features;
  return letters.map((_, letter) => {
    // Each takes 160 ms, and 40 ms after its beginning it is at its height.
    const window = letter * 16 + 4;
    const column = Array.from(
      { length: features.feature_size },
      (_unused, row) => data[row * features.nb_max_frames + window] ?? 0,
    );
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const norm = Math.hypot(...column.map((value) => value - mean));
    return column.map((value) => (value - mean) / norm);
  });
}
