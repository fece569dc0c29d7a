export { type FeedingReport, feedSystemd } from './feed-systemd.js';
export {
  defaultSystemdNotifierOptions,
  type NotificationFailure,
  type NotifyingProcess,
  type SystemdNotifier,
  type SystemdNotifierOptions,
  systemdNotifier,
} from './systemd-notifier.js';
