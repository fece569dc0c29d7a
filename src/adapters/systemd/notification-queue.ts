/** What a service may tell about its life. */
export type LifeSign = 'READY' | 'RELOADING' | 'STOPPING';

/** One datagram. */
export interface Notification {
  readonly sign: LifeSign | null;
  readonly status: string | null;
  readonly isFeeding: boolean;
  /** How much longer a start, a stop or a reload may take from now on. Units: ms. */
  readonly extendMs: number | null;
}

/** What waits while another is being sent. */
export type NotificationQueue = readonly Notification[];

/** A life has few signs; more than these wait only when none is taken for a long time. */
const mostWaiting = 8;
/** A line of `systemctl status`. Units: characters. */
const longestStatus = 400;

const empty: Notification = { sign: null, status: null, isFeeding: false, extendMs: null };

/** Add to what waits: what can go into one datagram does, the last status wins, and signs of life keep their order. */
export function enqueue(
  queue: NotificationQueue,
  added: Partial<Notification>,
): { readonly queue: NotificationQueue; readonly dropped: Notification | undefined } {
  const last = queue.at(-1);
  const isNew = !last || (added.sign !== undefined && last.sign !== null && last.sign !== added.sign);
  const next = [...(isNew ? queue : queue.slice(0, -1)), { ...(isNew ? empty : last), ...added }];
  return next.length > mostWaiting
    ? { queue: next.slice(1), dropped: next[0] }
    : { queue: next, dropped: undefined };
}

/** The assignments of one datagram. A status is one line: a second would be a message of its own. */
export function assignments(
  { sign, status, isFeeding, extendMs }: Notification,
  monotonicUs: bigint,
): readonly string[] {
  return [
    ...(sign ? [`${sign}=1`] : []),
    // What `Type=notify-reload` asks for, and the others ignore.
    ...(sign === 'RELOADING' ? [`MONOTONIC_USEC=${monotonicUs}`] : []),
    ...(status === null ? [] : [`STATUS=${oneLine(status)}`]),
    ...(isFeeding ? ['WATCHDOG=1'] : []),
    ...(extendMs === null ? [] : [`EXTEND_TIMEOUT_USEC=${extendMs * 1000}`]),
  ];
}

function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= longestStatus ? line : `${characters.slice(0, longestStatus - 3).join('')}...`;
}
