import { shown } from './config-problem.js';
import type { EarshotConfig } from './earshot-config.js';
import type { LibraryProblem } from './library-problems.js';

/** What has to fit together and is only found when models are loaded, or lies between two parts of the library. */
export function rulesAcross(config: Partial<EarshotConfig>): readonly LibraryProblem[] {
  return rules.flatMap((rule) => rule(config) ?? []);
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
  ({ echoCancellers }) => {
    const { webrtc } = echoCancellers ?? {};
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
  ({ floor, mute }) => {
    if (floor?.kind !== 'push-to-talk' || !mute) return undefined;
    const [talk, silence] = [floor.button, mute.button];
    const isSame =
      talk.kind === 'gpio' && silence.kind === 'gpio'
        ? talk.line === silence.line && talk.chip === silence.chip
        : talk.kind === 'keyboard' &&
          silence.kind === 'keyboard' &&
          (talk.key ?? 'space') === (silence.key ?? 'space');
    if (!isSame) return undefined;
    return { path: ['mute', 'button'], message: 'is the button of push-to-talk, too; choose another' };
  },
  ({ lights, floor, mute }) => {
    const taken = new Map<string, string>();
    const buttons = [
      ['floor.button', floor?.kind === 'push-to-talk' ? floor.button : undefined] as const,
      ['mute.button', mute?.button] as const,
    ];
    for (const [where, button] of buttons) {
      if (button?.kind === 'gpio') taken.set(`${button.chip ?? ''}/${button.line}`, where);
    }
    for (const [index, light] of (lights ?? []).entries()) {
      if (light.kind !== 'gpio') continue;
      const key = `${light.chip ?? ''}/${light.line}`;
      const other = taken.get(key);
      if (other !== undefined) {
        return {
          path: ['lights', index, 'line'],
          message: `is ${light.line}, which ${other} uses, too; choose another`,
        };
      }
      taken.set(key, `lights[${index}]`);
    }
    return undefined;
  },
];
