import type { Client, MethodDefinition } from '@grpc/grpc-js';
import { Observable } from 'rxjs';
import { UpstreamError } from '../../core/errors.js';
import { saidError } from './said-errors.js';
import type { ServiceContext } from './service-context.js';
import { callMetadata } from './service-context.js';
import { broken } from './watched-call.js';

/**
 * Make a call that is answered with one message.
 *
 * @remarks
 * Cold, emits once. Timing: bounded by `firstMessageMs`. Cancellation: unsubscribing cancels the call.
 * Errors with `UpstreamError`.
 */
export function acknowledgedCall<Input, Output>(
  clientOf: () => Client,
  method: MethodDefinition<Input, Output>,
  message: Input,
  { settings, reasons }: ServiceContext,
): Observable<Output> {
  return new Observable((subscriber) => {
    const { target, firstMessageMs, scheduler } = settings;
    try {
      const { path, requestSerialize, responseDeserialize } = method;
      const metadata = callMetadata(settings);
      const client = clientOf();
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        message,
        metadata,
        (error, answer) => {
          if (error !== null) {
            const said = saidError('', error, target).error;
            void Promise.resolve(reasons.of(client, error)).then((found) => subscriber.error(found ?? said));
          } else if (answer !== undefined) {
            subscriber.next(answer);
            subscriber.complete();
          }
        },
      );
      subscriber.add(() => call.cancel());
      subscriber.add(
        scheduler.schedule(() => {
          const what = `${target} did not answer within ${firstMessageMs} ms; try again, or raise firstMessageMs`;
          subscriber.error(new UpstreamError('UPSTREAM_TIMEOUT', what, { retryable: true }));
        }, firstMessageMs),
      );
    } catch (cause) {
      subscriber.error(broken(target, cause));
    }
  });
}
