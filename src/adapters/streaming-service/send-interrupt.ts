import type { Client } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';
import { defer, map, tap } from 'rxjs';
import { acknowledgedCall } from './acknowledged-call.js';
import type { ServiceContext } from './service-context.js';
import { streamingServiceDefinition } from './service-definition.js';
import type { Acknowledgement } from './service-interface.js';

/** Send an InterruptSession, and remember the block that it causes. Cold. */
export function sendInterrupt(client: () => Client, context: ServiceContext): Observable<Acknowledgement> {
  const { settings, events, interrupts } = context;
  return defer(() => {
    // Before it is answered: what it ends may end first.
    interrupts.noteSent();
    const request = { hardwareId: settings.hardwareId };
    return acknowledgedCall(client, streamingServiceDefinition.interruptSession, request, context);
  }).pipe(
    map(({ success, message }) => ({ success, message })),
    tap(({ success, message }) => {
      const blockedUntilMs = success ? interrupts.noteTaken() : settings.scheduler.now();
      events.tell({ type: 'interrupt-sent', success, message, blockedUntilMs });
    }),
  );
}
