import { concatMap, defer, finalize, type Observable, ReplaySubject, Subscription, tap } from 'rxjs';
import { durationMs } from '../audio/audio-frame.js';
import { isVoiceError, SpeechError, type VoiceError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import { defaultEndpointingOptions } from '../operators/end-turns.js';
import type { UtterancePart } from '../operators/with-pre-roll.js';
import type { Transcript } from '../ports/transcriber.js';
import type { InterruptedReply, TurnRevision, TurnSending, UpstreamRequest } from '../ports/upstream.js';
import { type HeardUtterance, heardUtterance } from './heard-utterance.js';
import type { UnstampedEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import type { PipelinePorts } from './pipeline-ports.js';

interface Turn {
  readonly turnId: string;
  revision: number;
  readonly utterances: HeardUtterance[];
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
  /** The reply that was cut before this turn was sent. */
  readonly interrupted: InterruptedReply | undefined;
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
  /** The microphone is lost: the end of what is being said will not come. */
  lost(): void;
  /**
   * What is said in the utterance that is being spoken, for whoever decides whether it is to be a turn; it can become one as
   * long as this is subscribed. Undefined without a transcriber, and while nobody speaks.
   */
  overhear(): Observable<Transcript> | undefined;
  /** A reply was cut: the next turn tells. */
  interrupted(reply: InterruptedReply): void;
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
  let speaking: HeardUtterance | undefined;
  /** The utterance that is being judged: over or not, the turn that it may become begins with it. */
  let overheard: HeardUtterance | undefined;
  /** The reply that was cut last, until a turn that says so was sent. */
  let interrupted: InterruptedReply | undefined;
  /** Utterances of the turn under way, to an upstream that accepts audio. */
  let sendingAudio$: ReplaySubject<HeardUtterance> | undefined;

  const revisionOf = ({ turnId, revision }: Turn): TurnRevision => ({ turnId, revision });
  const sendingOf = (of: Turn): TurnSending => ({
    ...revisionOf(of),
    ...(of.interrupted && { interrupted: of.interrupted }),
  });
  /** Once the service was told of a cut reply, only this turn tells again. */
  const sent = (of: Turn) => {
    of.phase = 'sent';
    if (interrupted === of.interrupted) interrupted = undefined;
  };
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

  const transcribe = (of: Turn, utterance: HeardUtterance) => {
    if (upstream.accepts !== 'text' || !utterance.transcripts$) return;
    const index = of.texts.push(undefined) - 1;
    of.listening.add(
      utterance.transcripts$.subscribe({
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
  const attach = (to: Turn, utterance: HeardUtterance) => {
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
    sent(of);
    tell({ type: 'turn-sent', ...revisionOf(of), text });
    send({ type: 'turn-text', ...sendingOf(of), text });
    send({ type: 'turn-ended', ...sendingOf(of) });
  };

  /** All utterances of the turn from the first, then what is still being said. */
  const sendAudio = (of: Turn) => {
    of.sending.unsubscribe();
    of.sending = new Subscription();
    const revision = revisionOf(of);
    const utterances$ = new ReplaySubject<HeardUtterance>();
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
            sent(of);
            tell({ type: 'turn-sent', ...revision, text: null });
            send({ type: 'turn-ended', ...sendingOf(of) });
          },
        }),
    );
    return utterances$;
  };
  const finish = (utterance: HeardUtterance | undefined) => {
    if (!utterance || utterance.over) return;
    utterance.over = true;
    utterance.audio$.complete();
  };

  const collector: TurnCollector = {
    hear(part) {
      switch (part.type) {
        case 'utterance-started':
          finish(speaking);
          speaking = heardUtterance(transcriber);
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

    lost() {
      finish(speaking);
      speaking = undefined;
    },

    overhear() {
      const judged = speaking;
      const transcripts$ = judged?.transcripts$;
      if (!judged || !transcripts$) return undefined;
      return defer(() => {
        overheard = judged;
        return transcripts$;
      }).pipe(
        finalize(() => {
          if (overheard === judged) overheard = undefined;
        }),
      );
    },

    interrupted(reply) {
      interrupted = reply;
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
          interrupted,
        };
      }
      turn.revision = revision;
      turn.partials = 0;
      turn.phase = 'collecting';
      turn.sending.unsubscribe();
      if (overheard) attach(turn, overheard);
      // What was over when an earlier turn ended was said in that one, whether its end was heard or not.
      if (speaking && !speaking.over) attach(turn, speaking);
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
