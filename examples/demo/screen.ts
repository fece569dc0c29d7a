import type { PipelineEvent } from 'earshot';
import { reasonOf, tenths } from './summary/fillers.js';

/** Draws what happens while it happens. */
export interface Screen {
  /** Something that has to be known. */
  tell(sentence: string): void;
  /** How far something slow is. Where no line can be drawn over again, one for each tenth of it; `share` is null where nobody knows. Range: 0..1. */
  progress(text: string, share: number | null): void;
  show(event: PipelineEvent): void;
  close(): void;
}

/** Shows nothing, for `--json`. */
export const noScreen: Screen = { tell: () => {}, progress: () => {}, show: () => {}, close: () => {} };

const meterWidth = 14;

/** A bar from -60 dB to 0 dB. */
function meter(db: number): string {
  const filled = Math.round((Math.max(0, Math.min(60, db + 60)) / 60) * meterWidth);
  return '#'.repeat(filled).padEnd(meterWidth, '.');
}

/** What is written to: `process.stdout` or `process.stderr`. */
type ScreenOutput = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'> & { write(text: string): unknown };

/**
 * One line a happening, and at a terminal one live line below: levels, speech, state.
 *
 * @param drawn - where the live line is drawn, when that is a terminal.
 */
export function createScreen(output: ScreenOutput, drawn = output): Screen {
  const live = { microphone: -120, loudspeaker: -120, probability: 0, state: 'idle', atMs: 0 };
  let tenth = 0;
  const clear = () => {
    if (drawn.isTTY) drawn.write('\r\x1b[K');
  };
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2).padStart(6)} s`;

  const line = (atMs: number, text: string) => {
    clear();
    output.write(`${seconds(atMs)}  ${text}\n`);
  };
  // A line that wraps cannot be erased: the next one would be drawn below it.
  const drawLine = (text: string) => {
    if (drawn.isTTY) drawn.write(`\r\x1b[K${text.slice(0, (drawn.columns || 80) - 1)}`);
  };
  const draw = () => {
    if (!drawn.isTTY) return;
    const { microphone, loudspeaker, probability, state, atMs } = live;
    const text =
      `${seconds(atMs)}  mic ${meter(microphone)}  speech ${'*'.repeat(Math.round(probability * 5)).padEnd(5, '.')}  ` +
      `speaker ${meter(loudspeaker)}  ${state}`;
    drawLine(text);
  };

  return {
    tell(sentence) {
      clear();
      output.write(`${sentence}\n`);
      tenth = 0;
    },
    progress(text, share) {
      drawLine(text);
      const now = Math.floor((share ?? 0) * 10);
      if (!drawn.isTTY && now > tenth) output.write(`${text}\n`);
      tenth = now;
    },
    show(event) {
      live.atMs = event.atMs;
      switch (event.type) {
        case 'level':
          live[event.device] = event.rmsDb;
          draw();
          return;
        case 'speech-probability':
          live.probability = event.probability;
          return;
        case 'state-changed':
          live.state = event.state.name;
          draw();
          return;
        case 'turn-sent':
          line(event.atMs, `user    ${event.text ?? '(audio)'}`);
          return;
        case 'turn-empty':
          line(event.atMs, 'user    nothing in the transcript for this');
          return;
        case 'filler-spoken':
          line(event.atMs, `filler  ${event.text}  (${reasonOf(event)})`);
          return;
        case 'filler-held-back':
          line(event.atMs, `silent  ${event.reason}, in ${tenths(event.expectedMs)}`);
          return;
        case 'degraded-mode-entered':
          line(event.atMs, `lost    the service cannot be reached: ${event.error.message}`);
          return;
        case 'degraded-mode-left': {
          const { lastedMs, turnsLost } = event;
          const lost = turnsLost === 0 ? '' : `; ${turnsLost} ${turnsLost === 1 ? 'turn' : 'turns'} lost`;
          line(event.atMs, `back    the service can be reached again, after ${tenths(lastedMs)}${lost}`);
          return;
        }
        case 'engine-in-use':
          // Who speaks first was told before.
          if (event.before !== null)
            line(event.atMs, `${event.part.padEnd(7)} ${event.name}, in the place of ${event.before}`);
          return;
        case 'engine-fell-back':
          // Of one that is down it was told when that began.
          if (event.reason !== 'down')
            line(
              event.atMs,
              `${event.part.padEnd(7)} not ${event.from}: ${event.error?.message ?? event.reason}`,
            );
          return;
        case 'engine-all-failed':
          line(event.atMs, `${event.part.padEnd(7)} none: ${event.error.message}`);
          return;
        case 'fact':
          if (event.fact.startsWith('speech-')) line(event.atMs, `${event.fact}: ${event.detail}`);
          return;
        case 'reply-text':
          line(event.atMs, `${event.saysNothing ? 'signal ' : 'reply  '} ${event.text.trim()}`);
          return;
        case 'ducked':
          line(event.atMs, 'ducked: somebody may be speaking');
          return;
        case 'restored':
          line(event.atMs, 'restored: it was nothing, nothing is lost');
          return;
        case 'barge-in':
          if (event.replyId !== null) line(event.atMs, `cut     heard until "${event.heardText}"`);
          else if (event.fillerId !== null) line(event.atMs, 'cut     in the filler');
          return;
        case 'turn-failed':
        case 'device-lost':
        case 'detector-lost':
        case 'session-lost':
        case 'degraded':
          line(
            event.atMs,
            `${event.type}: ${event.error instanceof Error ? event.error.message : String(event.error)}`,
          );
          return;
        default:
          return;
      }
    },
    close: clear,
  };
}
