import { json } from './model-folder.js';

/** The tokenizer of a recogniser that writes letter by letter, by what there is to write. A special token is not part of the text. */
export const tokenizerFile = (vocabulary: readonly string[], special: readonly string[]): Uint8Array =>
  json({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content) => ({
      id: vocabulary.indexOf(content),
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: '' }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: { vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])) },
  });
