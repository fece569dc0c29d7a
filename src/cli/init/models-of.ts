import { defaultKokoroOptions } from '../../adapters/kokoro/index.js';
import type { WantedModel } from '../../adapters/model-store/index.js';
import { type Recogniser, recogniserModel } from '../../adapters/moonshine/index.js';
import type { EarshotConfig } from '../config/earshot-config.js';

/** A model that is downloaded once. */
export interface ModelDownload {
  readonly name: string;
  /** Its weights, which are nearly all of it, and more. */
  readonly model: WantedModel;
  /** Units: 10^6 bytes, as the hub tells them; rounded. */
  readonly megabytes: number;
}

/** With weights in fp32, which is what is taken where a config names no others. */
const megabytesOf: Readonly<Record<Recogniser, number>> = {
  'moonshine-tiny': 115,
  'moonshine-base': 250,
  'whisper-tiny.en': 155,
  'whisper-tiny': 155,
};

const kokoro: ModelDownload = {
  name: 'Kokoro',
  model: {
    id: defaultKokoroOptions.model,
    revision: defaultKokoroOptions.revision,
    files: ['onnx/model.onnx'],
  },
  megabytes: 325,
};

/** The models of a config that was made of answers. */
export function modelsOf({ transcriber, voice }: EarshotConfig): readonly ModelDownload[] {
  const speaks = voice?.ladder.some(({ engine }) => engine === 'kokoro') ? [kokoro] : [];
  if (transcriber.engine !== 'moonshine') return speaks;
  const { recogniser = 'moonshine-tiny' } = transcriber;
  const model = recogniserModel({ recogniser });
  return [{ name: recogniser, model, megabytes: megabytesOf[recogniser] }, ...speaks];
}
