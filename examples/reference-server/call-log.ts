import type { Metadata } from '@grpc/grpc-js';

/** One call as the server saw it. Units: ms of `performance.now()` in the server's process. */
export interface CallRecord {
  readonly method: 'StreamAudio' | 'GenerateWelcomeAudio' | 'InterruptSession' | 'ReportUsage';
  /** Empty where the request has none. */
  readonly sessionId: string;
  readonly hardwareId: string;
  readonly prompt: string;
  readonly phase: number;
  /** What the client sent along, as text. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly startedMs: number;
  /** `cancelled`: the client gave it up, or its connection broke. */
  readonly state: 'open' | 'answered' | 'cancelled';
  readonly endedMs: number | null;
}

/** The last calls and how many there were. */
export interface CallLog {
  /** Returns what ends the record; only the first ending counts. */
  begin(
    method: CallRecord['method'],
    request: {
      readonly sessionId?: string;
      readonly hardwareId?: string;
      readonly prompt?: string;
      readonly phase?: number;
    },
    metadata: Metadata,
  ): (state: 'answered' | 'cancelled') => void;
  records(): readonly CallRecord[];
  counts(): CallCounts;
}

export interface CallCounts {
  /** Streamed calls that are not over. */
  readonly open: number;
  readonly begun: number;
  readonly answered: number;
  readonly cancelled: number;
}

/** Calls that are remembered; the oldest is forgotten beyond it. */
const maxRecords = 1000;

export function createCallLog(): CallLog {
  const records: CallRecord[] = [];
  const counts = { open: 0, begun: 0, answered: 0, cancelled: 0 };

  return {
    begin(method, { sessionId = '', hardwareId = '', prompt = '', phase = 0 }, metadata) {
      const record = {
        ...{ method, sessionId, hardwareId, prompt, phase },
        metadata: Object.fromEntries(
          Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]),
        ),
        startedMs: performance.now(),
        state: 'open' as CallRecord['state'],
        endedMs: null as number | null,
      };
      records.push(record);
      if (records.length > maxRecords) records.shift();
      counts.open += 1;
      counts.begun += 1;
      return (state) => {
        if (record.state !== 'open') return;
        record.state = state;
        record.endedMs = performance.now();
        counts.open -= 1;
        counts[state] += 1;
      };
    },
    records: () => [...records],
    counts: () => ({ ...counts }),
  };
}
