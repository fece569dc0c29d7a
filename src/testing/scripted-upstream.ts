import { Observable } from 'rxjs';
import type { Upstream } from '../core/ports/upstream.js';
import { createScriptedSession } from './scripted-session.js';
import { resolveScriptedUpstreamOptions, type ScriptedUpstreamInit } from './scripted-upstream-options.js';

/** An upstream without a network, and what a test may ask of it. @public */
export interface ScriptedUpstream extends Upstream {
  /** Answers under way, over all sessions. */
  openCalls(): number;
  /** Turns that were answered or begun to be, over all sessions. */
  seenCalls(): number;
}

/**
 * A remote service that does what a script says, faults included, in the time of a scheduler.
 *
 * @remarks
 * It keeps the contract of `Upstream`: it gives up on a script that falls silent, as the real ones give up on a service
 * that does. Reply ids are `reply-1`, `reply-2` and so on, over all its sessions.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function scriptedUpstream(options: ScriptedUpstreamInit): ScriptedUpstream {
  const settings = resolveScriptedUpstreamOptions(options);
  let open = 0;
  let seen = 0;
  const counts = {
    begun() {
      open += 1;
      seen += 1;
      return `reply-${seen}`;
    },
    ended() {
      open -= 1;
    },
  };
  return {
    accepts: settings.accepts,
    format: settings.format,
    openCalls: () => open,
    seenCalls: () => seen,
    openSession: (requests$) =>
      new Observable((subscriber) => {
        const session = createScriptedSession(settings, counts, subscriber);
        subscriber.add(session.cancelAll);
        subscriber.add(
          requests$.subscribe({
            next: session.take,
            error: (error) => subscriber.error(error),
            complete: session.finish,
          }),
        );
      }),
  };
}
