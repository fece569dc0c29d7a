import type { Said } from '../speaker.js';
import { limitsOn } from '../timeline/outcome.js';
import type { Summary, TurnSummary } from './data.js';
import { countWords } from './words-understood.js';

/** How far from its cue the onset of a barge-in may be found. Units: ms. */
const cueToleranceMs = 300;

/** How long after the end of a recording the last word of it may be found. Units: ms. */
const endToleranceMs = 600;

/** The turn that ended with what was said then, or went on after it. */
export function turnAt(turns: readonly TurnSummary[], { startMs, endMs }: Said): TurnSummary | undefined {
  return turns.find((turn) =>
    [turn, ...turn.earlierRevisions].some(
      ({ endOfSpeechMs }) => endOfSpeechMs > startMs && endOfSpeechMs <= endMs + endToleranceMs,
    ),
  );
}

/** What is not as the script says. Where something listens that may mishear, it has to understand half of the words. */
export function findProblems(
  {
    turns,
    bargeIns,
    coughs,
    place,
    echoDb,
    listening,
  }: Pick<Summary, 'turns' | 'bargeIns' | 'coughs' | 'place' | 'echoDb' | 'listening'>,
  said: readonly Said[],
): string[] {
  const limits = limitsOn(place, echoDb);
  const near = (onsetMs: number, { startMs }: Said) => Math.abs(onsetMs - startMs) <= cueToleranceMs;
  return said.flatMap((item): string[] => {
    const { cue } = item;
    const problems: string[] = [];
    if (cue.expect === 'cough') {
      const cough = coughs.find(({ speechOnsetMs }) => near(speechOnsetMs, item));
      if (!cough) problems.push('did not duck the reply and bring it back');
      else if (cough.restoredMs - cough.duckedMs > limits.restoredMs)
        problems.push('the volume came back too late');
      if (bargeIns.some(({ speechOnsetMs }) => near(speechOnsetMs, item)))
        problems.push('cut what was being heard');
    } else {
      const turn = listening
        ? turnAt(turns, item)
        : turns.find((candidate) => candidate.said.includes(cue.text));
      if (!turn) problems.push('was not understood as a turn');
      else if (listening && isMisheard(cue.text, turn.said))
        problems.push(`was understood as ${JSON.stringify(turn.said)}`);
      else if (turn.outcome === 'unanswered') problems.push('was not answered');
      else if (cue.expect === 'answered' && turn.outcome !== 'answered')
        problems.push('was not answered to the end');
    }
    if (cue.expect === 'barge-in') {
      const bargeIn = bargeIns.find(({ speechOnsetMs }) => near(speechOnsetMs, item));
      if (!bargeIn) problems.push('did not interrupt');
      else if (bargeIn.silentMs === null || bargeIn.silentMs - bargeIn.speechOnsetMs > limits.silentMs)
        problems.push('silenced the loudspeaker too late');
    }
    return problems.map((problem) => `${cue.id}: ${problem}`);
  });
}

function isMisheard(text: string, heard: string): boolean {
  const { said, understood } = countWords(text, heard);
  return understood * 2 < said;
}
