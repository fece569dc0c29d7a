import type { PipelineEvent } from 'earshot';

/** What somebody said, as the screen shows it. */
export interface Line {
  /** The turn, the reply or the filler. */
  readonly id: string;
  readonly by: 'you' | 'it' | 'filler' | 'problem';
  readonly text: string;
  /** How much of the text has been heard. Units: letters. */
  readonly heard: number;
  /** Nothing of the line will change any more; with `heard` short of its end it was cut there. */
  readonly isOver: boolean;
  /** Audio of a reply, once all of it is there. Units: ms. */
  readonly receivedMs?: number;
}

/** All that the screen shows. */
export interface View {
  readonly state: string;
  readonly lines: readonly Line[];
}

export const emptyView: View = { state: 'idle', lines: [] };

/** A lobby's day is long: older lines leave the screen. */
const maxLines = 12;

/** Until a reply is all there its length is not known; about what speech takes. Units: ms. */
const msPerLetter = 70;

/** The view after one more event; the same object where nothing on the screen changes. */
export function seen(view: View, event: PipelineEvent): View {
  switch (event.type) {
    case 'state-changed':
      return { ...view, state: event.state.name };
    case 'transcript':
      return put(view, event.turnId, { by: 'you', text: event.text, heard: event.text.length });
    case 'turn-sent':
      // All the words of the turn, those before a pause too. It may be sent again with more.
      return event.text === null
        ? view
        : put(view, event.turnId, { by: 'you', text: event.text, heard: event.text.length });
    case 'filler-spoken':
      return put(view, event.fillerId, { by: 'filler', text: event.text, heard: event.text.length });
    case 'reply-text':
      return change(put(view, event.replyId, { by: 'it' }), event.replyId, ({ text }) => ({
        text: text + event.text,
      }));
    case 'reply-ended':
      return change(view, event.replyId, () => ({ text: event.text, receivedMs: event.receivedMs }));
    case 'playout-progress':
      return heardSoFar(view, event.owner.id, event.heardMs);
    case 'playout-ended':
      if (event.reason === 'cut' && event.owner.kind === 'reply') return view;
      return change(view, event.owner.id, ({ text }) => ({
        isOver: true,
        heard: event.reason === 'cut' ? 0 : text.length,
      }));
    case 'barge-in':
      // How much of the words was heard is known here, and was a guess before.
      return change(view, event.replyId ?? '', () => ({ heard: event.heardText.length, isOver: true }));
    case 'turn-failed':
      return put(view, `${event.turnId} failed`, { by: 'problem', text: 'No answer. Please ask again.' });
    default:
      return view;
  }
}

function heardSoFar(view: View, id: string, heardMs: number): View {
  return change(view, id, ({ text, receivedMs }) => {
    const share = Math.min(1, heardMs / (receivedMs ?? text.length * msPerLetter));
    return { heard: Math.round(share * text.length) };
  });
}

function change(view: View, id: string, changed: (line: Line) => Partial<Line>): View {
  const lines = view.lines.map((line) =>
    line.id === id && !line.isOver ? { ...line, ...changed(line) } : line,
  );
  return { ...view, lines };
}

function put(view: View, id: string, line: Partial<Line> & Pick<Line, 'by'>): View {
  if (view.lines.some((known) => known.id === id)) return change(view, id, () => line);
  const made: Line = { id, text: '', heard: 0, isOver: false, ...line };
  return { ...view, lines: [...view.lines, made].slice(-maxLines) };
}
