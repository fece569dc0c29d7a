import {
  type AudioFrame,
  audioFrame,
  type TurnRevision,
  type Upstream,
  UpstreamError,
  type UpstreamEvent,
} from 'earshot';
import { Observable, type SchedulerLike, type Subscriber, Subscription } from 'rxjs';
import type { Random } from '../support/random.js';
import { type Act, type Plan, wholeAnswer } from './failing-service-plan.js';

const format = { sampleRateHz: 8000, channels: 1 };

/** Audio that can be told from any other by its level. */
export const steady = (ms: number, level: number): AudioFrame =>
  audioFrame(format, new Float32Array(ms * 8).fill(level), 0);

/** Every reply has a level of its own, far above that of a filler. */
export const levelOf = (replyId: string): number => 0.4 + 0.01 * (Number(replyId.split('-')[1]) % 30);

const broken = new UpstreamError('UPSTREAM_UNREACHABLE', 'the way broke; wait', { retryable: true });

interface Call extends TurnRevision {
  readonly replyId: string;
  readonly acts: Subscription;
  sequence: number;
  phase: 'asked' | 'begun' | 'over';
}

/**
 * A service that takes audio and does what a plan says for each turn, exactly in the order in which the plan says it: also what a real one can only do now
 * and then, as to lose the session in the very instant in which a reply breaks off, before that or behind it.
 */
export function failingService(scheduler: SchedulerLike, random: Random, plan: () => Plan) {
  let replies = 0;
  let isDown = false;
  let isHealed = false;
  let live:
    | { readonly subscriber: Subscriber<UpstreamEvent>; readonly lose: (how: 'told' | 'error') => void }
    | undefined;

  const openSession: Upstream['openSession'] = (requests$) =>
    new Observable((subscriber) => {
      if (isDown) {
        subscriber.error(broken);
        return;
      }
      const calls = new Set<Call>();
      let isOpen = false;
      const open = () => {
        if (isOpen || subscriber.closed) return;
        isOpen = true;
        subscriber.next({ type: 'session-opened', sessionId: 'planned' });
      };
      const drop = (call: Call) => {
        call.phase = 'over';
        call.acts.unsubscribe();
        calls.delete(call);
      };
      const end = (call: Call, event: UpstreamEvent) => {
        drop(call);
        subscriber.next(event);
      };
      const lose = (how: 'told' | 'error') => {
        if (isHealed) return;
        isOpen = false;
        if (how === 'error') {
          isDown = random.next() < 0.5;
          scheduler.schedule(
            () => {
              isDown = false;
            },
            random.pick(200, 1000, 5000),
          );
          live = undefined;
          for (const call of calls) drop(call);
          subscriber.error(broken);
          return;
        }
        subscriber.next({ type: 'session-lost', error: broken });
        // It comes back by itself, or with the next answer.
        if (random.next() < 0.7) subscriber.add(scheduler.schedule(open, random.pick(0, 100, 700, 3000)));
      };
      live = { subscriber, lose };
      const act = (call: Call, does: Act) => {
        if (does.type === 'lose') {
          lose(does.how);
          return;
        }
        if (call.phase === 'over') return;
        const { turnId, revision, replyId } = call;
        switch (does.type) {
          case 'begin':
            open();
            call.phase = 'begun';
            subscriber.next({ type: 'reply-started', turnId, revision, replyId, interruptible: true });
            return;
          case 'text':
            subscriber.next({ type: 'reply-text', replyId, text: does.text });
            return;
          case 'audio':
            subscriber.next({
              type: 'reply-audio',
              replyId,
              sequence: call.sequence++,
              frame: steady(does.ms, levelOf(replyId)),
            });
            return;
          case 'end':
            end(call, { type: 'reply-ended', replyId, reason: does.reason });
            return;
          case 'fail':
            end(call, { type: 'turn-failed', turnId, revision, error: does.error });
        }
      };
      const ask = ({ turnId, revision }: TurnRevision) => {
        replies += 1;
        const acts = new Subscription();
        const call: Call = {
          turnId,
          revision,
          replyId: `reply-${replies}`,
          acts,
          sequence: 0,
          phase: 'asked',
        };
        calls.add(call);
        for (const { afterMs, does } of isHealed ? wholeAnswer : plan()) {
          // A loss does not go with the call.
          const owner = does.type === 'lose' ? subscriber : acts;
          owner.add(scheduler.schedule(() => act(call, does), afterMs));
        }
      };
      subscriber.add(() => {
        for (const call of calls) drop(call);
      });
      subscriber.add(
        requests$.subscribe((request) => {
          if (request.type === 'turn-ended') ask(request);
          if (request.type !== 'reply-cancelled') return;
          for (const call of calls) {
            if (call.turnId !== request.turnId || call.revision > request.revision) continue;
            const hadBegun = call.phase === 'begun';
            drop(call);
            if (hadBegun)
              subscriber.next({ type: 'reply-ended', replyId: call.replyId, reason: 'cancelled' });
          }
        }),
      );
      subscriber.add(scheduler.schedule(open, random.pick(0, 0, 100)));
    });

  return {
    upstream: { accepts: 'audio', format, openSession } satisfies Upstream,
    /** Lose the session now, in the midst of whatever goes on. */
    lose: (how: 'told' | 'error') => live?.lose(how),
    /** From now on it stays. */
    heal() {
      isHealed = true;
      isDown = false;
    },
  };
}
