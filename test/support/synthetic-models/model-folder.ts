import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files of a model as a hub has them, by their paths. */
export type ModelFiles = Readonly<Record<string, Uint8Array>>;

export const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** How the file of each weight type ends, as transformers.js has it. */
const suffixes = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
} as const;
export type SyntheticDtype = keyof typeof suffixes;

/** The path of the weights; the synthetic ones are the same for every type. */
export const onnxPath = (name: string, dtype: SyntheticDtype) => `onnx/${name}${suffixes[dtype]}.onnx`;

/** Write a model where a test wants it. */
export function writeModel(folder: string, files: ModelFiles): void {
  for (const [path, bytes] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
