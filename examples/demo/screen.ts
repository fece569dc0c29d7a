import type { PipelineEvent } from 'earshot';

/** Draws what happens while it happens. */
export interface Screen {
  /** Something that has to be known. */
  tell(sentence: string): void;
  show(event: PipelineEvent): void;
  close(): void;
}

/** Shows nothing, for `--json`. */
export const noScreen: Screen = { tell: () => {}, show: () => {}, close: () => {} };

const meterWidth = 14;

/** A bar from -60 dB to 0 dB. */
function meter(db: number): string {
  const filled = Math.round((Math.max(0, Math.min(60, db + 60)) / 60) * meterWidth);
  return '#'.repeat(filled).padEnd(meterWidth, '.');
}

/** One line a happening, and at a terminal one live line below: levels, speech, state. */
export function createScreen(output: NodeJS.WriteStream): Screen {
  const live = { microphone: -120, loudspeaker: -120, probability: 0, state: 'idle', atMs: 0 };
  const spoken = new Map<string, string>();
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2).padStart(6)} s`;

  const line = (atMs: number, text: string) => {
    if (output.isTTY) output.write('\r\x1b[K');
    output.write(`${seconds(atMs)}  ${text}\n`);
  };
  const draw = () => {
    if (!output.isTTY) return;
    const { microphone, loudspeaker, probability, state, atMs } = live;
    const text =
      `${seconds(atMs)}  mic ${meter(microphone)}  speech ${'*'.repeat(Math.round(probability * 5)).padEnd(5, '.')}  ` +
      `speaker ${meter(loudspeaker)}  ${state}`;
    // A line that wraps cannot be erased: the next one would be drawn below it.
    output.write(`\r\x1b[K${text.slice(0, (output.columns || 80) - 1)}`);
  };

  return {
    tell(sentence) {
      output.write(`${sentence}\n`);
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
          line(event.atMs, `filler  ${event.text}`);
          return;
        case 'reply-text':
          spoken.set(event.replyId, `${spoken.get(event.replyId) ?? ''} ${event.text}`);
          line(event.atMs, `reply   ${event.text}`);
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
    close() {
      if (output.isTTY) output.write('\r\x1b[K');
    },
  };
}
