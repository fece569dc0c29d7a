import { json, type ModelFiles, onnxPath, type SyntheticDtype } from './model-folder.js';
import { castTo, createGraph } from './onnx-writer.js';
import { type Cost, spend } from './realistic-cost.js';

/** What a synthetic Kokoro is to be. */
export interface SyntheticKokoro {
  /** Which weight files there are. @defaultValue ['fp32', 'q8'] */
  readonly dtypes?: readonly SyntheticDtype[];
  /** @defaultValue none: it takes less than a millisecond */
  readonly cost?: Cost;
}

/** Kokoro's own output rate. */
export const kokoroRateHz = 24_000;
/** How much audio each token makes at speed 1. Units: samples; 60 ms. */
export const samplesPerToken = 1440;

const boundary = '$';
const silent = ';:,.!?—…"“”() ';
const spoken =
  'abcdefhijklmnopqrstuvwxyzAIOQSTWYæçðøŋœɐɑɒɔɕɖəɚɛɜɟɡɥɨɪɯɰɲɳɴɸɹɻɽɾʁʂʃʈʊʋʌʎʒʔʣʤʥʦʧʨʰʲˈˌːβθχᵊᵻ↑→↓↗↘̃';
const tokens = [boundary, ...silent, ...spoken];
const firstSpoken = 1 + [...silent].length;

/** The tone of a token for a voice of factor 1. Units: hertz; 0 for what is silent. */
export const tokenHz = (token: number) => (token < firstSpoken ? 0 : 300 + 20 * (token - firstSpoken));
/** The number of a phoneme, or undefined where the tokenizer drops it. */
export const tokenOf = (phoneme: string) =>
  tokens.indexOf(phoneme) >= 0 ? tokens.indexOf(phoneme) : undefined;
/** How much a voice is higher than the table, from the style that kokoro-js picks for it. */
export const voiceFactor = (style: Float32Array) =>
  Math.exp(4 * (style.reduce((sum, value) => sum + value, 0) / style.length));

/**
 * A model with the inputs, the output and the files of Kokoro: it makes a tone for each token, higher or lower by voice, shorter by
 * speed, and silence for punctuation.
 */
export function syntheticKokoro({ dtypes = ['fp32', 'q8'], cost }: SyntheticKokoro = {}): ModelFiles {
  const weights = kokoroGraph(cost);
  return {
    'config.json': json({ model_type: 'style_text_to_speech_2' }),
    'tokenizer.json': json(tokenizer),
    'tokenizer_config.json': json({
      model_max_length: 512,
      pad_token: boundary,
      unk_token: boundary,
      tokenizer_class: 'PreTrainedTokenizer',
    }),
    ...Object.fromEntries(dtypes.map((dtype) => [onnxPath('model', dtype), weights])),
  };
}

const tokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: {
    type: 'Replace',
    pattern: { Regex: `[^${tokens.map((token) => `\\u{${token.codePointAt(0)?.toString(16)}}`).join('')}]` },
    content: '',
  },
  pre_tokenizer: { type: 'Split', pattern: { Regex: '' }, behavior: 'Isolated', invert: false },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: boundary, type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: boundary, type_id: 0 } },
    ],
    special_tokens: { [boundary]: { id: boundary, ids: [0], tokens: [boundary] } },
  },
  decoder: null,
  model: { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
};

function kokoroGraph(cost: Cost | undefined): Uint8Array {
  const graph = createGraph('synthetic kokoro');
  const ids = graph.input('input_ids', 'int64', [1, 'tokens']);
  const style = graph.input('style', 'float', [1, 256]);
  const speed = graph.input('speed', 'float', [1]);
  const scalar = (value: number) => graph.floats([value], []);
  const column = graph.ints([-1, 1]);

  const perToken = (table: readonly number[]) =>
    graph.node('Reshape', [graph.node('Gather', [graph.floats(table), ids]), column]);
  const frequency = perToken(tokens.map((_, token) => tokenHz(token)));
  const amplitude = perToken(tokens.map((_, token) => (tokenHz(token) === 0 ? 0 : 0.4)));
  const mean = graph.node('ReduceMean', [style], { keepdims: 0 });
  const factor = graph.node('Exp', [graph.node('Mul', [mean, scalar(4)])]);

  const length = graph.node('Reshape', [
    graph.node('Ceil', [graph.node('Div', [graph.floats([samplesPerToken]), speed])]),
    graph.ints([], [0]),
  ]);
  const time = graph.node('Range', [scalar(0), length, scalar(1)]);
  const radians = graph.node('Mul', [
    frequency,
    graph.node('Mul', [factor, scalar((2 * Math.PI) / kokoroRateHz)]),
  ]);
  const tone = graph.node('Sin', [graph.node('Mul', [radians, time])]);
  const arch = graph.node('Sin', [graph.node('Mul', [graph.node('Div', [time, length]), scalar(Math.PI)])]);
  let waveform = graph.node('Mul', [graph.node('Mul', [tone, arch]), amplitude]);
  if (cost) {
    const rows = graph.node('Reshape', [graph.node('Cast', [ids], castTo.float), column]);
    waveform = graph.node('Mul', [waveform, spend(graph, rows, cost)]);
  }
  graph.output('waveform', graph.node('Reshape', [waveform, graph.ints([1, -1])]), 'float', [1, 'samples']);
  return graph.toBytes();
}
