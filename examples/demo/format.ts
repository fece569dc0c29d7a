import type { PcmFormat } from 'earshot';

/** Layout of everything that is heard, said and recorded; that of the service, so that replies are recorded as they were sent. */
export const format: PcmFormat = { sampleRateHz: 48_000, channels: 1 };
