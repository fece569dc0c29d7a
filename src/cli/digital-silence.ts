/**
 * What a microphone that is switched off gives: zeros, or nearly so. One that hears a room, however quiet, has noise of its own above this.
 * Units: dB below full scale, of the loudest sample.
 */
const silenceDb = -90;

/** Whether nothing but digital silence came. @param peakDb - of the loudest sample. */
export const isDigitalSilence = (peakDb: number): boolean => peakDb < silenceDb;

/** What to do about it. */
export const silenceCure =
  'unmute it, or take another device; one that mutes what is quiet needs a word while it is tried';
