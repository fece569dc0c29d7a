import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The part of kokoro-js that we use, so that our declarations do not need the peer. */
export interface KokoroLibrary {
  readonly KokoroTTS: new (model: unknown, tokenizer: Tokenizer) => KokoroTts;
  readonly TextSplitterStream: new () => TextSplitter;
}

export interface KokoroTts {
  readonly voices: Readonly<Record<string, unknown>>;
  generate(text: string, options: { voice: string; speed: number }): Promise<{ audio: Float32Array }>;
}

export interface TextSplitter extends Iterable<string> {
  push(text: string): void;
}

/** Phonemes to the numbers of tokens. */
export type Tokenizer = (
  phonemes: string,
  options: { truncation: boolean },
) => { readonly input_ids: { readonly dims: readonly number[] } };

/** The same of transformers.js. */
export interface TransformersLibrary {
  readonly env: { allowRemoteModels: boolean };
  readonly StyleTextToSpeech2Model: { from_pretrained(folder: string, options: object): Promise<unknown> };
  readonly AutoTokenizer: { from_pretrained(folder: string, options: object): Promise<Tokenizer> };
}

/** Import kokoro-js, and the very transformers.js that it uses: with another one the process would load a second onnxruntime, and die. */
export async function importKokoro(): Promise<KokoroLibrary & TransformersLibrary> {
  const file = createRequire(import.meta.url).resolve('kokoro-js');
  const kokoro = (await import('kokoro-js')) as unknown as KokoroLibrary;
  const transformers = (await import(transformersOf(file))) as TransformersLibrary;
  return {
    KokoroTTS: kokoro.KokoroTTS,
    TextSplitterStream: kokoro.TextSplitterStream,
    env: transformers.env,
    StyleTextToSpeech2Model: transformers.StyleTextToSpeech2Model,
    AutoTokenizer: transformers.AutoTokenizer,
  };
}

/** Where `import '@huggingface/transformers'` in another file leads to. A resolver for `require` is all that Node has, and finds the twin for CommonJS. */
export function transformersOf(file: string): string {
  const name = '@huggingface/transformers';
  let folder = dirname(createRequire(file).resolve(name));
  for (;;) {
    const manifest = manifestIn(folder);
    if (manifest?.name === name) return pathToFileURL(join(folder, entryOf(manifest.exports))).href;
    if (dirname(folder) === folder)
      throw new Error(`the package ${name} that kokoro-js uses has no manifest`);
    folder = dirname(folder);
  }
}

function manifestIn(folder: string): { readonly name?: string; readonly exports?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly name?: string };
  } catch {
    return undefined;
  }
}

/** Follow `exports` as Node does for an import. */
function entryOf(exports: unknown): string {
  if (typeof exports === 'string') return exports;
  for (const [condition, target] of Object.entries(exports ?? {})) {
    if (['.', 'node', 'import', 'default'].includes(condition)) return entryOf(target);
  }
  throw new Error('@huggingface/transformers has no entry for import');
}
