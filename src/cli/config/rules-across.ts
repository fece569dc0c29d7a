import { resolve } from 'node:path';
import type { ConfigPath, LibraryProblem } from './config-check.js';
import { pathText, shown } from './config-problem.js';
import { echoCancellersOf } from './device-options.js';
import type { EarshotConfig } from './earshot-config.js';
import type { GpioButtonConfig, KeyConfig } from './operation-config.js';
import type { ConfigSurroundings } from './referenced-text.js';

/** What has to fit together and is only found when models are loaded, or lies between two parts of the library. */
export function rulesAcross(config: Partial<EarshotConfig>): readonly LibraryProblem[] {
  return rules.flatMap((rule) => rule(config) ?? []);
}

/** The same, of where files are. */
export function rulesOfFiles(
  { devices }: Partial<EarshotConfig>,
  { pathOf = resolve }: Pick<ConfigSurroundings, 'pathOf'>,
): readonly LibraryProblem[] {
  if (devices?.kind !== 'wav-file') return [];
  const { microphone, loudspeaker } = devices;
  // What the schema refused is not there.
  if (!microphone || !loudspeaker || pathOf(microphone) !== pathOf(loudspeaker)) return [];
  const message = 'is the recording that the microphone hears, and would be written over; name another file';
  return [{ path: ['devices', 'loudspeaker'], message }];
}

type Rule = (config: Partial<EarshotConfig>) => LibraryProblem | undefined;

const rules: readonly Rule[] = [
  ({ transcriber }) => {
    if (transcriber?.engine !== 'moonshine' || transcriber.language === undefined) return undefined;
    const { language, recogniser = 'moonshine-tiny' } = transcriber;
    const path = ['transcriber', 'language'];
    if (!/^[a-z]{2,3}$/.test(language)) {
      return { path, message: `must be a code such as en or ru, but is ${shown(language)}` };
    }
    if (language === 'en' || recogniser === 'whisper-tiny') return undefined;
    return {
      path,
      message: `is ${shown(language)}, but ${recogniser} knows English only; use recogniser: whisper-tiny`,
    };
  },
  ({ transcriber, devices }) => {
    if (transcriber?.engine !== 'scripted' || devices?.kind === 'wav-file') return undefined;
    const message =
      'is scripted, which is for a known recording; use devices of the kind wav-file, or the engine moonshine';
    return { path: ['transcriber', 'engine'], message };
  },
  (config) => {
    const { webrtc } = echoCancellersOf(config);
    if (!webrtc || webrtc === 'off') return undefined;
    const {
      echoCancellation = true,
      noiseSuppression = false,
      highPass = true,
      gainControl = false,
    } = webrtc;
    if (echoCancellation || noiseSuppression || highPass || gainControl) return undefined;
    const message =
      'would do nothing; turn on one of echoCancellation, noiseSuppression, highPass and gainControl, or write off';
    return { path: ['echoCancellers', 'webrtc'], message };
  },
  ({ upstream }) => {
    const { insecure, trust } = upstream ?? {};
    if (!insecure || !trust || Object.keys(trust).length === 0) return undefined;
    const message = 'cannot be true together with trust; leave one or the other out';
    return { path: ['upstream', 'insecure'], message };
  },
  ({ voice }) => {
    const at = (voice?.ladder ?? []).findIndex(
      ({ engine }, index, all) => engine === 'earcon' && index < all.length - 1,
    );
    if (at < 0) return undefined;
    const message = 'is never silent, so that the voices below it never speak; put it last';
    return { path: ['voice', 'ladder', at, 'engine'], message };
  },
  ({ floor, mute, lights }) => {
    // One line of a chip, or one key, has one use.
    const uses: { readonly what: string; readonly path: ConfigPath }[] = [];
    const button = (of: GpioButtonConfig | KeyConfig, path: ConfigPath) =>
      uses.push(
        of.kind === 'gpio'
          ? { what: `the line ${of.line}`, path: [...path, 'line'] }
          : { what: `the key ${of.key ?? 'space'}`, path: [...path, 'key'] },
      );
    if (floor?.kind === 'push-to-talk') button(floor.button, ['floor', 'button']);
    if (mute) button(mute.button, ['mute', 'button']);
    for (const [index, light] of (lights?.show ?? []).entries()) {
      if (light.kind !== 'gpio') continue;
      for (const [colour, line] of Object.entries(light.lines)) {
        uses.push({ what: `the line ${line}`, path: ['lights', 'show', index, 'lines', colour] });
      }
    }
    for (const [index, { what, path }] of uses.entries()) {
      const other = uses.slice(0, index).find((use) => use.what === what);
      if (other)
        return { path, message: `is ${what}, which ${pathText(other.path)} uses, too; choose another` };
    }
    return undefined;
  },
  ({ mute }) => {
    if (mute?.mode !== 'switch' || mute.button.kind !== 'keyboard') return undefined;
    return {
      path: ['mute', 'mode'],
      message: 'is switch, and a key is none: nobody can see how it stands; write toggle',
    };
  },
];
