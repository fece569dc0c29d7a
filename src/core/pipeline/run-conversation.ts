import { BehaviorSubject, defer, EMPTY, Observable } from 'rxjs';
import { profileFor } from '../conversation/barge-in-policy.js';
import type { ConversationEvent } from '../conversation/conversation-event.js';
import type { VoiceError } from '../errors.js';
import type { UtteranceOptions } from '../operators/detect-utterances.js';
import type { TurnRevision, UpstreamEvent, UpstreamRequest } from '../ports/upstream.js';
import {
  type ConversationChange,
  type ConversationLoop,
  createConversationLoop,
} from './conversation-loop.js';
import { createDegradedDesk } from './degraded-desk.js';
import { tellDeviceReports } from './device-reports.js';
import { tellEngineReports } from './engine-reports.js';
import { createFillerDesk } from './filler-desk.js';
import { createFloorDesk } from './floor-desk.js';
import { floorPorts } from './floor-ports.js';
import { hear } from './hearing.js';
import { createLeaving } from './leaving.js';
import { createPerformer } from './performer.js';
import type { PipelineEvent } from './pipeline-event.js';
import type { PipelineSettings } from './pipeline-options.js';
import type { PipelinePorts } from './pipeline-ports.js';
import { createReplyDesk } from './reply-desk.js';
import { createReplyWatch } from './reply-watch.js';
import { createSession } from './session.js';
import { createSpeaking, type SpeakingEvent } from './speaking.js';
import { stampEvents } from './stamp-events.js';
import { createTurnCollector } from './turn-collector.js';

/** The result of a tool that the service called. */
export type ToolResult = Extract<UpstreamRequest, { readonly type: 'tool-result' }>;

/**
 * One run of the loop. The conversation decides, the desks do, and this function knows who is connected to whom.
 */
export function runConversation(
  ports: PipelinePorts,
  settings: PipelineSettings,
  toolResults$: Observable<ToolResult>,
  closing$: Observable<number>,
): Observable<PipelineEvent> {
  return new Observable((subscriber) => {
    const { scheduler, patience } = settings;
    const tell = stampEvents(scheduler, (event) => subscriber.next(event));
    const dispatch = (event: ConversationEvent) => conversation.dispatch(event);

    const tellChange = ({ previous, state, cause }: ConversationChange) =>
      tell({ type: 'state-changed', state, previous, cause: cause.type });
    const failTurn = ({ turnId, revision }: TurnRevision, error: VoiceError) => {
      tell({ type: 'turn-failed', turnId, revision, error });
      degraded.turnFailed({ turnId, revision }, error);
      dispatch({ type: 'turn-failed', turnId, revision });
    };
    const loseSession = (error: VoiceError, retryInMs: number | null) => {
      sessionWasLost = true;
      tell({ type: 'session-lost', error, retryInMs });
      degraded.sessionLost(error);
      dispatch({ type: 'session-lost' });
    };
    const session = createSession(ports.upstream, settings, loseSession);
    const profile$ = new BehaviorSubject<Partial<UtteranceOptions>>({});

    const speaking = createSpeaking(ports.loudspeaker, settings, tell);
    const play = speaking.command;
    const fillers = createFillerDesk({
      scheduler,
      options: settings.filler,
      play,
      tell,
      due: (turn, fillerId) => dispatch({ type: 'filler-due', ...turn, fillerId }),
      apologyDue: (turnId, fillerId) => dispatch({ type: 'apology-due', turnId, fillerId }),
      ended: (fillerId) => dispatch({ type: 'filler-ended', fillerId }),
    });
    const degraded = createDegradedDesk({
      scheduler,
      state: () => conversation.state,
      tell,
      apologise: fillers.apologise,
    });
    const replies = createReplyDesk({
      scheduler,
      replyStallMs: patience.replyStallMs,
      play,
      dispatch,
      tell,
      firstAudio: fillers.answered,
    });
    const turns = createTurnCollector({
      ports,
      settings,
      send: session.send,
      tell: (event) => {
        tell(event);
        if (event.type === 'transcript') fillers.understood(event.turnId, event.text);
        if (event.type === 'turn-sent' && event.text !== null) fillers.understood(event.turnId, event.text);
      },
      empty: (turn) => dispatch({ type: 'turn-empty', ...turn }),
      failed: failTurn,
    });
    const performer = createPerformer({ turns, replies, fillers, play, session, tell });
    const watch = createReplyWatch(scheduler, patience.replyTimeoutMs, fillers, failTurn);

    const leaving = createLeaving(scheduler, () => subscriber.complete());

    let sessionWasLost = false;
    let captureEnded = false;
    let leaveWithinMs = 0;
    const heardBy = floorPorts(ports, settings, tell);
    const floor = createFloorDesk({
      scheduler,
      settings,
      kind: heardBy.kind,
      tellsPartials: ports.transcriber?.tellsPartials === true,
      state: () => conversation.state,
      dispatch,
      turns,
      tell,
    });
    const conversation: ConversationLoop = createConversationLoop(
      (effect) => {
        if (effect.type === 'open-turn') floor.opening(effect.revision);
        performer.perform(effect);
        if (effect.type !== 'open-turn') return;
        floor.opened();
        degraded.turnOpened();
      },
      (change) => {
        const { state } = change;
        if (state.name !== 'closed') tellChange(change);
        if (heardBy.kind === 'open') profile$.next(profileFor(state, settings.bargeIn));
      },
      (change) => {
        performer.tellCut(change);
        // The end comes after what was cut for it.
        if (change.state.name === 'closed') tellChange(change);
        // Whoever is told may leave.
        if (subscriber.closed) return;
        watch.changed(change);
        if (change.cause.type === 'reply-stalled') degraded.replyBrokeOff(change.cause.replyId);
        if (change.state.name === 'closed') {
          if (change.previous.name === 'idle') subscriber.complete();
          else leaving.begin(leaveWithinMs);
        }
        if (change.state.name !== 'idle') return;
        // Whoever is still speaking when the floor becomes free has it, without having to start again.
        if (!floor.freed() && !degraded.floorFreed() && captureEnded) dispatch({ type: 'close-requested' });
      },
    );

    const onSpeaking = (event: SpeakingEvent) => {
      switch (event.type) {
        case 'loudspeaker-opened':
          tell({ type: 'device-opened', device: 'loudspeaker', format: event.format });
          subscriber.add(
            defer(() => ports.fillers?.loadFillers(event.format) ?? EMPTY).subscribe({
              next: (clips) => fillers.load(clips),
              error: (error) => tell({ type: 'degraded', part: 'fillers', error }),
            }),
          );
          return;
        case 'silenced':
          tell(event);
          leaving.silentAt(event.atMs);
          return;
        case 'playout-lost':
          performer.whileLost(() => dispatch(event));
          return;
        case 'playout-progress':
          tell(event);
          if (event.owner.kind !== 'reply') return;
          replies.heard(event.owner.id, event.heardMs);
          session.send({ type: 'reply-progress', replyId: event.owner.id, heardMs: event.heardMs });
          return;
        case 'playout-ended': {
          tell(event);
          const { owner, reason, heardMs } = event;
          if (owner.kind === 'filler') dispatch({ type: 'filler-ended', fillerId: owner.id });
          else if (reason === 'cut') performer.wasCut(owner.id, heardMs);
          else dispatch({ type: 'playout-drained', replyId: owner.id });
          return;
        }
        default:
          tell(event);
      }
    };

    const onUpstream = (event: UpstreamEvent) => {
      switch (event.type) {
        case 'reply-started':
          degraded.answered(event);
          replies.take(event);
          return;
        case 'reply-ended':
          if (event.reason === 'failed' || event.reason === 'truncated')
            degraded.replyBrokeOff(event.replyId);
          replies.take(event);
          return;
        case 'reply-text':
        case 'reply-audio':
          replies.take(event);
          return;
        case 'session-opened':
          tell(event);
          degraded.answered();
          if (sessionWasLost) turns.sendAgain();
          sessionWasLost = false;
          return;
        case 'session-lost':
          loseSession(event.error, null);
          return;
        case 'turn-failed':
          failTurn(event, event.error);
          return;
        case 'transcript':
          tell({ ...event, engine: 'upstream' });
          fillers.understood(event.turnId, event.text);
          return;
        case 'upstream-fact':
          tell({ type: 'fact', fact: event.fact, detail: event.detail, count: 1 });
          return;
        default:
          tell(event);
      }
    };

    const fail = (error: unknown) => subscriber.error(error);
    subscriber.add(() => {
      conversation.stop();
      turns.close();
      replies.close();
      fillers.close();
      watch.stop();
      floor.stop();
      leaving.stop();
    });
    // The loudspeaker first, the microphone last: whoever speaks at once is answered.
    subscriber.add(tellDeviceReports(ports, tell));
    subscriber.add(tellEngineReports(ports, tell));
    subscriber.add(speaking.events$.subscribe({ next: onSpeaking, error: fail }));
    subscriber.add(
      session.events$.subscribe({ next: onUpstream, error: fail, complete: leaving.sessionOver }),
    );
    subscriber.add(toolResults$.subscribe(session.send));
    subscriber.add(
      closing$.subscribe((withinMs) => {
        leaveWithinMs = withinMs;
        dispatch({ type: 'close-requested' });
      }),
    );
    subscriber.add(
      heardBy.watch(
        (muted) => conversation.afterwards(() => floor.mute(muted)),
        (down) => conversation.afterwards(() => floor.press(down)),
      ),
    );
    subscriber.add(
      hear({
        ports: heardBy.ports,
        settings: heardBy.settings,
        reference$: speaking.reference$,
        profile$,
        tell,
      }).subscribe({
        next: floor.hear,
        error: fail,
        complete: () => {
          captureEnded = true;
          // Nobody will say any more whether a suspicion was right.
          dispatch({ type: 'speech-misfired' });
          if (conversation.state.name === 'idle') dispatch({ type: 'close-requested' });
        },
      }),
    );
  });
}
