import type { Rules } from './profiles.js';

/** gRPC status numbers that this server uses. */
export const status = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** What a client gets instead of an answer. */
export interface Refusal {
  readonly message: string;
  readonly code: number;
  /** Of the status; the message again unless it says otherwise. */
  readonly details?: string;
}

/** One answer that is being given. */
export interface AdmittedStream {
  readonly sessionId: string;
  readonly hardwareId: string;
  /** What makes it stop before its next item, if anything. */
  stopReason(): 'interrupted' | 'slot-lost' | undefined;
  /** Frees its place. Idempotent. */
  release(): void;
}

/** Who may speak: single flight for a session, a limit for all, and the block after an interrupt. */
export interface Admission {
  /** The block after an interrupt, then the limit: asked before the prompt is looked at. */
  mayEnter(hardwareId: string): Refusal | undefined;
  /** Single flight: asked after it. */
  admit(sessionId: string, hardwareId: string): AdmittedStream | Refusal;
  /** @returns the session ids of the streams that this ends. */
  interrupt(hardwareId: string): readonly string[];
}

export interface AdmissionLimits {
  /** Answers given at the same time. */
  readonly maxStreams: number;
  /** Whether a device may have only one; off on the real service. */
  readonly oneStreamPerDevice: boolean;
}

/** Devices whose interrupt is remembered; only a server of the guides remembers more than one. */
const maxInterrupted = 1000;

interface Slot {
  readonly sessionId: string;
  readonly hardwareId: string;
  readonly sinceMs: number;
  alive: boolean;
}

/** @param nowMs - a monotonic clock. */
export function createAdmission(
  { maxStreams, oneStreamPerDevice }: AdmissionLimits,
  rules: Rules,
  nowMs: () => number,
): Admission {
  const bySession = new Map<string, Slot>();
  const open = new Set<Slot>();
  /** When each device was interrupted last. */
  const interrupted = new Map<string, number>();

  function concurrent(what: string): Refusal {
    return { message: `Concurrent request for ${what}`, code: status.resourceExhausted };
  }

  return {
    mayEnter(hardwareId) {
      const atMs = interrupted.get(hardwareId);
      if (atMs !== undefined && nowMs() - atMs < rules.interruptBanMs) {
        // INTERNAL without details is a mistake of the real service, and what clients see.
        return { message: 'Глобальное прерывание активно', code: status.internal, details: '' };
      }
      if (open.size < maxStreams) return undefined;
      return {
        message: `STREAM_LIMIT_EXCEEDED: Maximum concurrent streams (${maxStreams}) reached. Current active: ${open.size}`,
        code: status.resourceExhausted,
      };
    },
    admit(sessionId, hardwareId) {
      const twin = bySession.get(sessionId);
      if (twin !== undefined) {
        if (rules.twinKillsFirst) twin.alive = false;
        return concurrent(`session_id=${sessionId} is not allowed`);
      }
      const others = [...open].filter((other) => other.hardwareId === hardwareId);
      if (oneStreamPerDevice && others.length > 0) {
        const active = others.map((other) => `'${other.sessionId}'`).join(', ');
        return concurrent(`hardware_id=${hardwareId} is not allowed (active sessions: [${active}])`);
      }
      const slot: Slot = { sessionId, hardwareId, sinceMs: nowMs(), alive: true };
      bySession.set(sessionId, slot);
      open.add(slot);
      return {
        sessionId,
        hardwareId,
        stopReason() {
          if (!slot.alive) return 'slot-lost';
          return (interrupted.get(hardwareId) ?? -1) >= slot.sinceMs ? 'interrupted' : undefined;
        },
        release() {
          open.delete(slot);
          if (bySession.get(sessionId) === slot) bySession.delete(sessionId);
        },
      };
    },
    interrupt(hardwareId) {
      if (rules.interrupts === 'one-slot') interrupted.clear();
      interrupted.delete(hardwareId);
      interrupted.set(hardwareId, nowMs());
      const [oldest] = interrupted.keys();
      if (interrupted.size > maxInterrupted && oldest !== undefined) interrupted.delete(oldest);
      return [...open].filter((slot) => slot.hardwareId === hardwareId).map((slot) => slot.sessionId);
    },
  };
}

/** Empty, blank and "unknown" in any case are no device. */
export function isHardwareId(hardwareId: string): boolean {
  const name = hardwareId.trim().toLowerCase();
  return name !== '' && name !== 'unknown';
}

/** Version 4 only: the real service refuses the others too. */
export function isSessionId(sessionId: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(sessionId);
}
