import { loadWebrtcApm } from '../../../adapters/webrtc-apm/index.js';
import { echoCancellersOf } from '../../config/device-options.js';
import type { Check } from '../check.js';
import { failed, green } from '../finding.js';

const subject = { id: 'echo-canceller' } as const;

/** Whether WebRTC's canceller works here. Says nothing where the config does not ask for it; our own needs nothing. */
export const echoCanceller: Check = {
  doing: 'loading the echo canceller',
  subject,
  limitMs: 15_000,
  async examine({ config }) {
    const { webrtc = 'off' } = echoCancellersOf(config ?? {});
    if (webrtc === 'off') return [];
    try {
      const loaded = await loadWebrtcApm(webrtc);
      await loaded.close();
      return [green(subject, "WebRTC's canceller works on this machine")];
    } catch (error) {
      return [
        failed(subject, error, 'leave echoCancellers.webrtc out: the canceller of earshot itself remains'),
      ];
    }
  },
};
