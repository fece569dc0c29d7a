import { isDigitalSilence } from '../digital-silence.js';
import { printable } from '../printable.js';
import { meter, type TrialReport } from '../trial-report.js';
import { withoutWords } from './ask-devices.js';
import type { Interview } from './interview.js';
import type { ChosenDevices, Machine } from './machine.js';

/** Two beeps, what the microphone made of them, and what somebody says to it. */
export async function tryOut(
  interview: Interview,
  machine: Machine,
  chosen: ChosenDevices,
): Promise<{ readonly capture: boolean; readonly playout: boolean }> {
  const { person, say, confirm } = interview;
  say('Two beeps in a second; say something after them ...');
  const report = await machine.tryDevices(chosen, (level, quiet) => person?.draw(meter(level, quiet)));
  person?.draw('');
  // What was typed meanwhile answers a question that nobody had read.
  person?.forget();
  const failed = (role: 'microphone' | 'loudspeaker') => {
    const failure = report.failures.find(({ device }) => device === role);
    if (failure) say(printable(`The ${role} fails: ${withoutWords(failure.problem)}`));
    return failure !== undefined;
  };
  const playout = !failed('loudspeaker') && (await confirm('Did you hear two beeps?', report.tonePlayed));
  if (failed('microphone')) return { playout, capture: false };
  const { words, isFine } = heardWords(report);
  say(words);
  return { playout, capture: await confirm('Keep this microphone?', isFine) };
}

function heardWords({ roomDb, toneDb, toneHeard, peakDb }: TrialReport): {
  readonly words: string;
  readonly isFine: boolean;
} {
  if (peakDb === null) return { words: 'The microphone delivered nothing.', isFine: false };
  if (isDigitalSilence(peakDb))
    return { words: 'The microphone heard silence: it is muted, or another one.', isFine: false };
  const room = roomDb === null ? 'nothing of the room' : `the room at ${Math.round(roomDb)} dB`;
  const beeps =
    toneHeard && toneDb !== null
      ? ` and the beeps at ${Math.round(toneDb)} dB`
      : ', and not the beeps, which is right for headphones';
  const clips = peakDb > -1 ? ' It clips: turn its gain down.' : '';
  return {
    words: `The microphone heard ${room}${beeps}, ${Math.round(peakDb)} dB at most.${clips}`,
    isFine: true,
  };
}
