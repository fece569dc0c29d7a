/**
 * The voices that kokoro-js 1.2.1 speaks English with. Its package holds 26 more, for other languages; its phonemizer knows
 * English alone, so those would read Spanish or Chinese as an Englishman would.
 */
export const kokoroVoices = [
  'af_heart',
  'af_alloy',
  'af_aoede',
  'af_bella',
  'af_jessica',
  'af_kore',
  'af_nicole',
  'af_nova',
  'af_river',
  'af_sarah',
  'af_sky',
  'am_adam',
  'am_echo',
  'am_eric',
  'am_fenrir',
  'am_liam',
  'am_michael',
  'am_onyx',
  'am_puck',
  'am_santa',
  'bf_alice',
  'bf_emma',
  'bf_isabella',
  'bf_lily',
  'bm_daniel',
  'bm_fable',
  'bm_george',
  'bm_lewis',
] as const;

/** A voice: `a` American or `b` British, `f` or `m`, and a name. @public */
export type KokoroVoice = (typeof kokoroVoices)[number];

/** What the first letter of a voice of the model stands for. */
const otherLanguages: Readonly<Record<string, string>> = {
  e: 'Spanish',
  f: 'French',
  h: 'Hindi',
  i: 'Italian',
  j: 'Japanese',
  p: 'Portuguese',
  z: 'Chinese',
};

/** What is wrong with a voice, for a message about options, or nothing. */
export function faultOfVoice(voice: unknown): string | undefined {
  if (kokoroVoices.includes(voice as KokoroVoice)) return undefined;
  const language = typeof voice === 'string' && /^[a-z][fm]_/.test(voice) && otherLanguages[voice.charAt(0)];
  return language
    ? `must be an English voice, because kokoro-js has no phonemes for ${language} (one of ${kokoroVoices.join(', ')})`
    : `must be one of ${kokoroVoices.join(', ')}`;
}
