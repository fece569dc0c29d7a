import { defaultBargeInOptions } from '../../src/core/conversation/barge-in-policy.js';
import { defaultCombinedSpeechOptions } from '../../src/core/detection/combine-speech.js';
import { defaultUtteranceOptions } from '../../src/core/operators/detect-utterances.js';
import { livekitRule, type OurOptions, ourRule, pipecatRule, plainRule, type Rule } from './rules.js';

/** What the pipeline does while a reply is heard, if nothing else is asked for. */
export const ourDefaults: OurOptions = {
  combined: defaultCombinedSpeechOptions,
  utterances: { ...defaultUtteranceOptions, ...defaultBargeInOptions.replying },
};

/** Everything that is compared, on the same scenarios. The first is ours. */
export function contenders(options: OurOptions = ourDefaults): Rule[] {
  return [
    ourRule('earshot', ['linear', 'webrtc'], options),
    ourRule('earshot without WebRTC', ['linear'], options),
    plainRule('WebRTC alone, our plain rule', 'webrtc', defaultUtteranceOptions),
    pipecatRule('webrtc'),
    livekitRule('webrtc'),
    plainRule('no canceller, our plain rule', 'raw', defaultUtteranceOptions),
    livekitRule('raw'),
  ];
}

/** The same rules from hasty to strict: what a curve of latency against false cuts is drawn from. */
export function strictness(
  options: OurOptions = ourDefaults,
): readonly { readonly name: string; readonly rules: readonly Rule[] }[] {
  const lengths = [64, 96, 128, 160, 224, 288, 384, 512, 768];
  const ours = (name: string, frontEnds: readonly ('linear' | 'webrtc')[]) => ({
    name,
    rules: lengths.map((minSpeechMs) =>
      ourRule(`${minSpeechMs} ms`, frontEnds, {
        ...options,
        utterances: { ...options.utterances, minSpeechMs },
      }),
    ),
  });
  const plain = (name: string, frontEnd: 'webrtc' | 'raw') => ({
    name,
    rules: lengths.map((minSpeechMs) =>
      plainRule(`${minSpeechMs} ms`, frontEnd, { ...defaultUtteranceOptions, minSpeechMs }),
    ),
  });
  return [
    ours('earshot', ['linear', 'webrtc']),
    ours('earshot without WebRTC', ['linear']),
    plain('WebRTC alone', 'webrtc'),
    plain('no canceller', 'raw'),
  ];
}
