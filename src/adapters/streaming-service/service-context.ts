import { Metadata } from '@grpc/grpc-js';
import type { FailureReasons } from './failure-reasons.js';
import type { InterruptMemory } from './interrupt-memory.js';
import type { ServiceEvents } from './service-events.js';
import type { StreamingServiceOptions } from './streaming-service-options.js';

/** What everything that is asked of one service has in common. */
export interface ServiceContext {
  readonly settings: StreamingServiceOptions;
  readonly events: ServiceEvents;
  readonly interrupts: InterruptMemory;
  readonly reasons: FailureReasons;
  /** Gives a fresh version-4 UUID each time. */
  readonly newSessionId: () => string;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
}

/** What goes with every call. A new one each time: grpc-js adds to it. */
export function callMetadata({ metadata }: StreamingServiceOptions): Metadata {
  const all = new Metadata();
  for (const [name, value] of Object.entries(metadata)) all.set(name, value);
  return all;
}
