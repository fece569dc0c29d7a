import { Readable } from 'node:stream';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { Client } from '@grpc/grpc-js';
import type { Connection } from '../../src/adapters/streaming-service/connection.js';
import type { StreamRequest } from '../../src/adapters/streaming-service/generated/streaming_pb.js';
import { StreamResponseSchema } from '../../src/adapters/streaming-service/generated/streaming_pb.js';
import { createInterruptMemory } from '../../src/adapters/streaming-service/interrupt-memory.js';
import type { ServiceContext } from '../../src/adapters/streaming-service/service-context.js';
import type { ServiceEvent } from '../../src/adapters/streaming-service/service-event.js';
import { createServiceEvents } from '../../src/adapters/streaming-service/service-events.js';
import type { StreamingServiceOptions } from '../../src/adapters/streaming-service/streaming-service-options.js';
import { defaultStreamingServiceOptions } from '../../src/adapters/streaming-service/streaming-service-options.js';
import { createVirtualClock } from '../../src/testing/virtual-clock.js';

type Content = NonNullable<MessageInitShape<typeof StreamResponseSchema>['content']>;

export const text = (value: string): Content => ({ case: 'textChunk', value });
export const end: Content = { case: 'endMessage', value: 'done' };
export const errorMessage = (value: string): Content => ({ case: 'errorMessage', value });

/** A StreamAudio call of grpc-js that says what a test lets it say. */
export class FakeCall extends Readable {
  cancelled = 0;
  readonly request: StreamRequest;
  constructor(request: StreamRequest) {
    super({ objectMode: true, read: () => {} });
    this.request = request;
  }
  cancel(): void {
    this.cancelled += 1;
  }
  say(...contents: readonly Content[]): void {
    for (const content of contents) this.push(create(StreamResponseSchema, { content }));
  }
  /** As grpc-js does it: the status overtakes what is still queued. */
  async endWith(code = 0, details = ''): Promise<void> {
    this.push(null);
    this.emit('status', { code, details });
    await settled();
  }
}

/** What was pushed into a call has arrived. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Everything that an adapter part is given, without a network and in virtual time. */
export function fakeService(options: Partial<StreamingServiceOptions> = {}) {
  const clock = createVirtualClock();
  const { scheduler } = clock;
  const settings: StreamingServiceOptions = {
    ...defaultStreamingServiceOptions,
    target: 'test:1',
    hardwareId: 'kiosk-7',
    ...options,
    scheduler,
  };
  const told: ServiceEvent[] = [];
  const events = createServiceEvents();
  events.events$.subscribe((event) => told.push(event));
  const calls: FakeCall[] = [];
  const replaced: boolean[] = [];
  let ids = 0;
  const context: ServiceContext = {
    settings,
    events,
    interrupts: createInterruptMemory(scheduler),
    reasons: { of: () => undefined, close: () => {} },
    newSessionId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    random: () => 0.5,
  };
  const client = {
    makeServerStreamRequest(_path: unknown, _to: unknown, _from: unknown, request: StreamRequest) {
      const call = new FakeCall(request);
      calls.push(call);
      return call;
    },
  } as unknown as Client;
  const connection: Connection = {
    client: () => client,
    replace: (_suspect, tooManyPings = false) => void replaced.push(tooManyPings),
    keepOpen: () => {},
    close: () => {},
  };
  return { clock, context, connection, calls, told, replaced };
}
