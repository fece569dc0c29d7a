import { concatMap, ReplaySubject, Subscription, tap } from 'rxjs';
import { type AudioFrame, durationMs } from '../audio/audio-frame.js';
import { isVoiceError, SpeechError, type VoiceError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import { defaultEndpointingOptions } from '../operators/end-turns.js';
import type { UtterancePart } from '../operators/with-pre-roll.js';
import type { TurnRevision, UpstreamRequest } from '../ports/upstream.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import type { PipelinePorts } from './pipeline-ports.js';

/** One utterance, kept whole so that its turn can be sent again. */
interface Utterance {
  readonly audio$: ReplaySubject<AudioFrame>;
  heldMs: number;
  over: boolean;
}

interface Turn {
  readonly turnId: string;
  revision: number;
  readonly utterances: Utterance[];
  /** Texts of its utterances, in order; undefined while not final. Only for a text upstream. */
  readonly texts: (string | undefined)[];
  /** Partial transcripts sent of the present revision. */
  partials: number;
  /** Transcription of this turn. */
  readonly listening: Subscription;
  /** What is under way for the present revision. */
  sending: Subscription;
  /** `ending`: the user has finished, the last words are not known yet. */
  phase: 'collecting' | 'ending' | 'sent';
}

export interface TurnCollectorInput {
  readonly ports: PipelinePorts;
  readonly settings: PipelineSettings;
  readonly send: (request: UpstreamRequest) => void;
  readonly tell: (event: UnstampedEvent) => void;
  /** The turn held no words. */
  readonly empty: (turn: TurnRevision) => void;
  readonly failed: (turn: TurnRevision, error: VoiceError) => void;
}

/** Collects what the user says and sends it: as audio while it is said, or as text when the turn is over. */
export interface TurnCollector {
  hear(part: UtterancePart): void;
  open(turn: TurnRevision): void;
  end(turn: TurnRevision): void;
  abandon(turnId: string): void;
  /** Send the turn under way again, to a session that has just been opened. */
  sendAgain(): void;
  close(): void;
}

export function createTurnCollector(input: TurnCollectorInput): TurnCollector {
  const { ports, settings, send, tell } = input;
  const { upstream, transcriber } = ports;
  const maxTurnMs = settings.endpointing.maxTurnMs ?? defaultEndpointingOptions.maxTurnMs;
  let turn: Turn | undefined;
  /** The utterance being spoken. It may begin before its turn is opened. */
  let speaking: Utterance | undefined;
  /** Utterances of the turn under way, to an upstream that accepts audio. */
  let sendingAudio$: ReplaySubject<Utterance> | undefined;

  const revisionOf = ({ turnId, revision }: Turn): TurnRevision => ({ turnId, revision });
  const fail = (failing: Turn, error: unknown) => {
    const wrapped = isVoiceError(error)
      ? error
      : new SpeechError(
          'TRANSCRIPTION_FAILED',
          `the transcriber failed: ${String(error)}; the turn is dropped`,
          {
            cause: error,
          },
        );
    input.failed(revisionOf(failing), wrapped);
  };

  const transcribe = (of: Turn, utterance: Utterance) => {
    if (upstream.accepts !== 'text' || !transcriber) return;
    const index = of.texts.push(undefined) - 1;
    of.listening.add(
      utterance.audio$.pipe(convertTo(transcriber.format), transcriber.transcribe()).subscribe({
        next: ({ text, final, engine }) => {
          tell({ type: 'transcript', ...revisionOf(of), text, final, engine });
          if (final) {
            of.texts[index] = text.trim();
            sendText(of);
          } else sendPartial(of, index, text);
        },
        error: (error) => fail(of, error),
        complete: () => {
          of.texts[index] ??= '';
          sendText(of);
        },
      }),
    );
  };
  const attach = (to: Turn, utterance: Utterance) => {
    if (to.utterances.includes(utterance)) return;
    to.utterances.push(utterance);
    transcribe(to, utterance);
  };

  /** What is known of the turn so far, to an upstream that prepares its answer with it. */
  const sendPartial = (of: Turn, index: number, partial: string) => {
    if (upstream.acceptsPartials !== true || of.phase === 'sent') return;
    const parts = of.texts.map((text, at) => (at === index ? partial.trim() : text));
    const text = parts.filter((part) => part !== undefined && part !== '').join(' ');
    if (text === '') return;
    send({ type: 'turn-partial', ...revisionOf(of), text, sequence: of.partials++ });
  };
  /** Once the turn is over and every utterance is known: one request, once a revision. */
  const sendText = (of: Turn) => {
    if (of.phase !== 'ending' || of.texts.some((text) => text === undefined)) return;
    of.phase = 'sent';
    of.sending.unsubscribe();
    const text = of.texts.filter((part) => part !== '').join(' ');
    if (text === '') {
      tell({ type: 'turn-empty', ...revisionOf(of) });
      input.empty(revisionOf(of));
      return;
    }
    tell({ type: 'turn-sent', ...revisionOf(of), text });
    send({ type: 'turn-text', ...revisionOf(of), text });
    send({ type: 'turn-ended', ...revisionOf(of) });
  };

  /** All utterances of the turn from the first, then what is still being said. */
  const sendAudio = (of: Turn) => {
    of.sending.unsubscribe();
    of.sending = new Subscription();
    const revision = revisionOf(of);
    const utterances$ = new ReplaySubject<Utterance>();
    for (const utterance of of.utterances) utterances$.next(utterance);
    of.sending.add(
      utterances$
        .pipe(
          concatMap(({ audio$ }) => audio$),
          convertTo(upstream.format),
          tap((frame) => send({ type: 'turn-audio', ...revision, frame })),
        )
        .subscribe({
          complete: () => {
            of.phase = 'sent';
            tell({ type: 'turn-sent', ...revision, text: null });
            send({ type: 'turn-ended', ...revision });
          },
        }),
    );
    return utterances$;
  };
  const finish = (utterance: Utterance | undefined) => {
    if (!utterance || utterance.over) return;
    utterance.over = true;
    utterance.audio$.complete();
  };

  const collector: TurnCollector = {
    hear(part) {
      switch (part.type) {
        case 'utterance-started':
          finish(speaking);
          speaking = { audio$: new ReplaySubject(), heldMs: 0, over: false };
          if (turn?.phase === 'collecting') {
            attach(turn, speaking);
            sendingAudio$?.next(speaking);
          }
          return;
        case 'utterance-audio':
          if (!speaking || speaking.over) return;
          if (speaking.heldMs > maxTurnMs) {
            tell({
              type: 'fact',
              fact: 'utterance-too-long',
              detail: 'audio past the longest turn was dropped',
              count: 1,
            });
            return;
          }
          speaking.heldMs += durationMs(part.frame);
          speaking.audio$.next(part.frame);
          return;
        case 'utterance-ended':
          if (part.droppedMs > 0) {
            tell({
              type: 'fact',
              fact: 'pre-roll-overflow',
              detail: `${part.droppedMs} ms of its beginning were lost`,
              count: 1,
            });
          }
          finish(speaking);
          speaking = undefined;
      }
    },

    open({ turnId, revision }) {
      if (turn?.turnId !== turnId) {
        if (turn) collector.abandon(turn.turnId);
        turn = {
          turnId,
          revision,
          utterances: [],
          texts: [],
          partials: 0,
          listening: new Subscription(),
          sending: new Subscription(),
          phase: 'collecting',
        };
      }
      turn.revision = revision;
      turn.partials = 0;
      turn.phase = 'collecting';
      turn.sending.unsubscribe();
      if (speaking) attach(turn, speaking);
      if (upstream.accepts === 'audio') sendingAudio$ = sendAudio(turn);
    },

    end({ turnId }) {
      if (turn?.turnId !== turnId) return;
      const ending = turn;
      finish(speaking);
      ending.phase = 'ending';
      if (upstream.accepts === 'audio') {
        sendingAudio$?.complete();
        return;
      }
      ending.sending.unsubscribe();
      ending.sending = settings.scheduler.schedule(() => {
        const { transcriptTimeoutMs } = settings.patience;
        fail(
          ending,
          new SpeechError(
            'TRANSCRIPTION_FAILED',
            `no final transcript within ${transcriptTimeoutMs} ms; the turn is dropped`,
            {
              retryable: true,
            },
          ),
        );
      }, settings.patience.transcriptTimeoutMs) as Subscription;
      sendText(ending);
    },

    abandon(turnId) {
      if (turn?.turnId !== turnId) return;
      turn.listening.unsubscribe();
      turn.sending.unsubscribe();
      turn = undefined;
      sendingAudio$ = undefined;
    },

    sendAgain() {
      if (turn?.phase === 'collecting' && upstream.accepts === 'audio') sendingAudio$ = sendAudio(turn);
    },

    close() {
      finish(speaking);
      if (turn) collector.abandon(turn.turnId);
    },
  };
  return collector;
}
