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
import { createTurnWords, type TurnWords } from './turn-words.js';

interface Turn {
  readonly turnId: string;
  revision: number;
  readonly utterances: HeardUtterance[];
  /** What they say. Only for a text upstream. */
  readonly words: TurnWords;
  /** Partial transcripts sent of the present revision. */
  partials: number;
  /** Since it has ended: how long its words are waited for. */
  dueMs: number;
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
  const { transcriptTimeoutMs } = settings.patience;
  const dueMs = () => settings.scheduler.now() + transcriptTimeoutMs;
  let turn: Turn | undefined;
  /** The utterance being spoken. It may begin before its turn is opened. */
  let speaking: HeardUtterance | undefined;
  /** Utterances that are being judged, in order: over or not, the turn that they may become begins with them. */
  const overheard = new Set<HeardUtterance>();
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

  const wordsOf = (of: () => Turn): TurnWords =>
    createTurnWords({
      scheduler: settings.scheduler,
      heard: ({ text, final, engine }, soFar) => {
        tell({ type: 'transcript', ...revisionOf(of()), text, final, engine });
        if (!final) sendPartial(of(), soFar);
      },
      known: () => sendText(of()),
      missing: (reason) => tellMissing(1, reason),
      failed: (error) => fail(of(), error),
    });
  const attach = (to: Turn, utterance: HeardUtterance) => {
    if (to.utterances.includes(utterance)) return;
    to.utterances.push(utterance);
    if (upstream.accepts === 'text' && utterance.transcripts$) {
      to.words.add(utterance.transcripts$, utterance.dueMs);
    }
  };
  const tellMissing = (count: number, reason: string) => {
    const detail = `a turn goes without an utterance: ${reason}`;
    tell({ type: 'fact', fact: 'words-missing', detail, count });
  };
  /**
   * What was said in a turn that waited for its last words, and therefore was not sent, goes on with the turn that takes its place: the
   * newest of it, until it is as much as a turn may be.
   */
  const carryOver = (from: Turn, to: Turn) => {
    if (from.phase !== 'ending') return;
    let heldMs = 0;
    const left = from.utterances.findLastIndex((utterance) => {
      const isFull = heldMs > maxTurnMs;
      heldMs += utterance.heldMs;
      return isFull;
    });
    if (left >= 0) tellMissing(left + 1, 'more was said than a turn may hold');
    for (const utterance of from.utterances.slice(left + 1)) {
      utterance.dueMs ??= from.dueMs;
      attach(to, utterance);
    }
  };
  const letGo = (of: Turn) => {
    of.words.close();
    of.sending.unsubscribe();
  };

  /** What is known of the turn so far, to an upstream that prepares its answer with it. */
  const sendPartial = (of: Turn, text: string) => {
    if (upstream.acceptsPartials !== true || of.phase === 'sent' || text === '') return;
    send({ type: 'turn-partial', ...revisionOf(of), text, sequence: of.partials++ });
  };
  /** Once the turn is over and every utterance is known: one request, once a revision. */
  const sendText = (of: Turn) => {
    const { text } = of.words;
    if (of.phase !== 'ending' || text === undefined) return;
    of.phase = 'sent';
    of.sending.unsubscribe();
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
        overheard.add(judged);
        return transcripts$;
      }).pipe(finalize(() => overheard.delete(judged)));
    },

    interrupted(reply) {
      interrupted = reply;
    },

    open({ turnId, revision }) {
      if (turn?.turnId !== turnId) {
        const before = turn;
        const next: Turn = {
          turnId,
          revision,
          utterances: [],
          words: wordsOf(() => next),
          partials: 0,
          dueMs: Number.POSITIVE_INFINITY,
          sending: new Subscription(),
          phase: 'collecting',
          interrupted,
        };
        turn = next;
        // Before it is let go of, so that no recogniser has to start again.
        if (before) {
          carryOver(before, next);
          letGo(before);
        }
      }
      turn.revision = revision;
      turn.partials = 0;
      turn.phase = 'collecting';
      turn.sending.unsubscribe();
      const said = new Set(overheard);
      // What was over when an earlier turn ended was said in that one, whether its end was heard or not.
      if (speaking && !speaking.over) said.add(speaking);
      const newest = [...said].at(-1);
      for (const utterance of said) {
        if (utterance !== newest) utterance.dueMs ??= dueMs();
        attach(turn, utterance);
      }
      if (upstream.accepts === 'audio') sendingAudio$ = sendAudio(turn);
    },

    end({ turnId }) {
      if (turn?.turnId !== turnId) return;
      const ending = turn;
      finish(speaking);
      ending.phase = 'ending';
      ending.dueMs = dueMs();
      if (upstream.accepts === 'audio') {
        sendingAudio$?.complete();
        return;
      }
      ending.sending.unsubscribe();
      ending.sending = settings.scheduler.schedule(() => {
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
      }, transcriptTimeoutMs) as Subscription;
      sendText(ending);
    },

    abandon(turnId) {
      if (turn?.turnId !== turnId) return;
      letGo(turn);
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
