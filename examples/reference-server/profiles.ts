/** What differs between the generations of the real service, and between them and what its guides promise. */
export interface Rules {
  /** In one sentence. */
  readonly what: string;
  /** Whether a request without a usable device is refused, or served as the device "unknown". */
  readonly requiresHardwareId: boolean;
  /** `uuid-v4`: anything else is refused. `optional`: any name, and the server makes one where it is missing. */
  readonly sessionId: 'uuid-v4' | 'optional';
  /** Status of a request that fails a check of its fields. The real service says why in a message and ends with OK. */
  readonly validationCode: number;
  /** Whether COLLECT and COMMIT are known; a server that does not know the field answers every request. */
  readonly knowsPhases: boolean;
  /** Whether a failure is told in an `error_message`, or by the status alone. */
  readonly tellsInMessage: boolean;
  /** A failure after data. `silent`: OK and nothing else. `message`: error_message, then OK. `status`: its status. */
  readonly afterData: 'silent' | 'message' | 'status';
  /** A stream that is interrupted before its data. `concurrent`: its second try trips over itself. */
  readonly interruptedBeforeData: 'concurrent' | 'cancelled';
  /** For how long no stream of an interrupted device is taken. Units: ms. */
  readonly interruptBanMs: number;
  /** `one-slot`: the interrupt of one device takes the place of another's. `per-device`: each has its own. */
  readonly interrupts: 'one-slot' | 'per-device';
  /** Whether the answer to InterruptSession names the streams that it ended. */
  readonly listsInterrupted: boolean;
  /** Whether the refused twin of a session frees the place of the first, which dies of that. */
  readonly twinKillsFirst: boolean;
  /** Whether a command comes as an action_message, or as text behind the prefix `__MCP__`. */
  readonly action: 'message' | 'mcp-text';
  /** ReportUsage came in February 2026. */
  readonly knowsUsage: boolean;
  /** Audio as this server labels and makes it. */
  readonly rateHz: number;
  /** Whether chunks say their shape, `[sample frames, channels]`. */
  readonly tellsShape: boolean;
}

/** Measured on the real service: 5.0 s. */
const measuredBanMs = 5000;

const main: Rules = {
  what: 'the last public sources, March 2026: checks with status OK, a failure after data ends the stream silently',
  requiresHardwareId: true,
  sessionId: 'uuid-v4',
  validationCode: 0,
  knowsPhases: true,
  tellsInMessage: true,
  afterData: 'silent',
  interruptedBeforeData: 'concurrent',
  interruptBanMs: measuredBanMs,
  interrupts: 'one-slot',
  listsInterrupted: false,
  twinKillsFirst: true,
  action: 'message',
  knowsUsage: true,
  rateHz: 48_000,
  tellsShape: false,
};

export const profiles = {
  jan: {
    ...main,
    what: 'early January 2026: ids are optional, commands are text behind __MCP__, no phases, no ReportUsage',
    requiresHardwareId: false,
    sessionId: 'optional',
    knowsPhases: false,
    action: 'mcp-text',
    knowsUsage: false,
  },
  main,
  v54: {
    ...main,
    what: 'the newest one measured, March 2026: a failure after data is an error_message and status OK',
    afterData: 'message',
    interruptedBeforeData: 'cancelled',
  },
  docs: {
    what: 'what the published guides promise: INVALID_ARGUMENT, statuses without messages, optional session ids',
    requiresHardwareId: true,
    sessionId: 'optional',
    validationCode: 3,
    knowsPhases: true,
    tellsInMessage: false,
    afterData: 'status',
    interruptedBeforeData: 'cancelled',
    interruptBanMs: 0,
    interrupts: 'per-device',
    listsInterrupted: true,
    twinKillsFirst: false,
    action: 'message',
    knowsUsage: true,
    rateHz: 24_000,
    tellsShape: true,
  },
} as const satisfies { readonly [name: string]: Rules };

export type Profile = keyof typeof profiles;

export function isProfile(name: string): name is Profile {
  return Object.hasOwn(profiles, name);
}
