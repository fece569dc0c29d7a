/** Keeps what a program said last. */
export interface Complaints {
  readonly words: readonly string[];
  add(line: string): void;
}

/** The cause is in the last lines; libraries say it in five different ways before. */
const kept = 4;
/** Of each. Units: characters. */
const longest = 200;

/** As a fresh list for each running of a program. */
export function createComplaints(): Complaints {
  const words: string[] = [];
  return {
    words,
    add(line) {
      // Without the place in the source, which tells nobody anything: "ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) ".
      const text = line.replace(/^ALSA lib \S+:\d+:\(\w+\) /, '').replace(/^(aplay|arecord): \w+:\d+: /, '');
      words.push(text.slice(0, longest).replaceAll('"', "'"));
      if (words.length > kept) words.shift();
    },
  };
}
