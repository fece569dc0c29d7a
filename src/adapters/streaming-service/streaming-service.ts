import { randomUUID } from 'node:crypto';
import { Observable } from 'rxjs';
import type { PcmFormat } from '../../core/audio/audio-frame.js';
import type { Upstream } from '../../core/ports/upstream.js';
import { createConnection } from './connection.js';
import { securityFor } from './secure-channel.js';
import { createSession } from './session.js';
import type { StreamingServiceInit } from './streaming-service-options.js';
import { resolveStreamingServiceOptions } from './streaming-service-options.js';
import { resolveTrust } from './trust.js';

/** Of no use to an upstream that accepts text; the rate that speech is transcribed at everywhere. */
const format: PcmFormat = { sampleRateHz: 16_000, channels: 1 };

/**
 * The gRPC backend `streaming.StreamingService` as an upstream that accepts text.
 *
 * @remarks
 * Each turn is one StreamAudio call with a session id of its own, made when the turn ends.
 * Order: the events of one turn are in the order of the wire; those of turns whose calls overlap may alternate.
 * `timestampMs` of reply audio counts from 0 at the first sample of the reply.
 * Timing: connects on subscription, so that the first turn need not. `session-opened` comes when the service can be
 * reached, and again after a `session-lost`; its id is ours, since the protocol has no session beyond one call.
 * A turn ends within `deadlineMs`, and within `firstMessageMs` or `betweenMessagesMs` of silence.
 * Cancellation: a `reply-cancelled`, a higher revision of the turn and unsubscribing cancel the call at once, and
 * nothing that is still under way is emitted. That the user heard only a part cannot be told to this service.
 * Errors: never; what a turn failed with comes as `turn-failed`, also where trying again is of no use, because the
 * next turn may be allowed what this one was not.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function streamingService(options: StreamingServiceInit): Upstream {
  const settings = resolveStreamingServiceOptions(options);
  const { trust, insecure } = settings;
  const security = securityFor(settings.target, resolveTrust(insecure ? { ...trust, insecure } : trust));
  return {
    accepts: 'text',
    format,
    openSession: (requests$) =>
      new Observable((subscriber) => {
        const connection = createConnection(settings.target, security);
        const session = createSession(connection, settings, randomUUID, subscriber);
        subscriber.add(() => {
          session.cancelAll();
          connection.close();
        });
        subscriber.add(
          requests$.subscribe({
            next: (request) => session.take(request),
            error: (error) => subscriber.error(error),
            complete: () => session.finish(),
          }),
        );
      }),
  };
}
