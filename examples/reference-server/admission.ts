/** gRPC status numbers that this server uses. */
export const status = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  internal: 13,
} as const;

/** For how long no stream of a device is taken after its InterruptSession. Measured on the real service: 5.0 s. */
export const interruptBanMs = 5000;

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
  interrupt(hardwareId: string): void;
}

/** @param nowMs - a monotonic clock. */
export function createAdmission(maxStreams: number, nowMs: () => number): Admission {
  const bySession = new Map<string, { alive: boolean }>();
  const open = new Set<object>();
  /** The real service has one slot for all devices: a second device's interrupt takes the place of the first's. */
  let interrupted: { readonly hardwareId: string; readonly atMs: number } | undefined;

  return {
    mayEnter(hardwareId) {
      if (interrupted?.hardwareId === hardwareId && nowMs() - interrupted.atMs < interruptBanMs) {
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
        // As the real service does it: the refused twin frees the place of the first, which dies of that.
        twin.alive = false;
        return {
          message: `Concurrent request for session_id=${sessionId} is not allowed`,
          code: status.resourceExhausted,
        };
      }
      const slot = { alive: true };
      const sinceMs = nowMs();
      bySession.set(sessionId, slot);
      open.add(slot);
      return {
        sessionId,
        hardwareId,
        stopReason() {
          if (!slot.alive) return 'slot-lost';
          const hit = interrupted?.hardwareId === hardwareId && interrupted.atMs >= sinceMs;
          return hit ? 'interrupted' : undefined;
        },
        release() {
          open.delete(slot);
          if (bySession.get(sessionId) === slot) bySession.delete(sessionId);
        },
      };
    },
    interrupt(hardwareId) {
      interrupted = { hardwareId, atMs: nowMs() };
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
