import type { PcmFormat } from '../../core/audio/audio-frame.js';
import { durationMs, sameFormat } from '../../core/audio/audio-frame.js';
import { isVoiceError } from '../../core/errors.js';
import type { FillerLibrary } from '../../core/ports/filler-library.js';
import { type ContractTime, collect, failureOf, levelDb } from './observe.js';
import type { ContractTestFunctions } from './test-functions.js';

/** @public */
export interface FillerLibraryContract extends ContractTime {
  /** Names the implementation in the test report. */
  readonly name: string;
  /** A library that holds at least one filler; called once per test. */
  create(): FillerLibrary | Promise<FillerLibrary>;
  /** Frees what `create` made. */
  destroy?(library: FillerLibrary): void | Promise<void>;
  /** A library that cannot be loaded, if there can be one. */
  createBroken?(): FillerLibrary | Promise<FillerLibrary>;
}

const loudspeakers: readonly PcmFormat[] = [
  { sampleRateHz: 16_000, channels: 1 },
  { sampleRateHz: 44_100, channels: 1 },
  { sampleRateHz: 48_000, channels: 2 },
];
const mono: PcmFormat = { sampleRateHz: 48_000, channels: 1 };

/** What every `FillerLibrary` must do. @public */
export function describeFillerLibraryContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, destroy, createBroken, drive }: FillerLibraryContract,
): void {
  const time = { drive };
  const withLibrary = async (body: (library: FillerLibrary) => Promise<void>) => {
    const library = await create();
    try {
      await body(library);
    } finally {
      await destroy?.(library);
    }
  };
  const load = async (library: FillerLibrary, format: PcmFormat) => {
    const sets = await collect(library.loadFillers(format), time);
    return { sets, clips: sets[0] ?? [] };
  };

  describe(`${name} as a FillerLibrary`, () => {
    it('emits the whole set once and completes', () =>
      withLibrary(async (library) => {
        const { sets, clips } = await load(library, mono);

        expect(sets.length).toBe(1);
        expect(clips.length).toBeGreaterThan(0);
      }));

    it('tells its fillers apart and says what each of them says', () =>
      withLibrary(async (library) => {
        const { clips } = await load(library, mono);

        expect(new Set(clips.map(({ fillerId }) => fillerId)).size).toBe(clips.length);
        for (const { fillerId, text } of clips) {
          expect(fillerId.trim() === '', 'an empty fillerId').toBe(false);
          expect(text.trim() === '', `the text of ${fillerId} is empty`).toBe(false);
        }
      }));

    it('gives each filler as one audible frame in the layout of the loudspeaker', () =>
      withLibrary(async (library) => {
        for (const format of loudspeakers) {
          const { clips } = await load(library, format);

          for (const { fillerId, audio } of clips) {
            const which = `${fillerId} at ${format.sampleRateHz} Hz, ${format.channels} channel(s)`;
            expect(sameFormat(audio.format, format), which).toBe(true);
            expect(audio.samplesPerChannel, which).toBeGreaterThan(0);
            expect(audio.samples.length, which).toBe(audio.samplesPerChannel * format.channels);
            expect(audio.samples.every(Number.isFinite), `${which}: samples are numbers`).toBe(true);
            expect(levelDb([audio]), which).toBeGreaterThan(-60);
          }
        }
      }));

    it('gives fillers of the same length in every layout', () =>
      withLibrary(async (library) => {
        const reference = (await load(library, mono)).clips;

        for (const format of loudspeakers) {
          const { clips } = await load(library, format);
          expect(clips.map(({ fillerId }) => fillerId)).toEqual(reference.map(({ fillerId }) => fillerId));
          for (const [index, { fillerId, audio }] of clips.entries()) {
            const expected = reference[index]?.audio;
            const differenceMs = Math.abs(
              durationMs(audio) - (expected === undefined ? 0 : durationMs(expected)),
            );
            expect(differenceMs, `${fillerId} at ${format.sampleRateHz} Hz`).toBeLessThanOrEqual(5);
          }
        }
      }));

    it('gives the same set to each subscription', () =>
      withLibrary(async (library) => {
        const fillers$ = library.loadFillers(mono);

        const [first] = await collect(fillers$, time);
        const [second] = await collect(fillers$, time);

        expect(second).toEqual(first);
      }));

    it('emits nothing after it was unsubscribed', () =>
      withLibrary(async (library) => {
        let emitted = 0;
        const subscription = library.loadFillers(mono).subscribe(() => {
          emitted++;
        });

        subscription.unsubscribe();
        const atOnce = emitted;
        // Whatever was under way is over when as much work that came later is.
        await load(library, mono);

        expect(emitted).toBe(atOnce);
      }));

    if (createBroken !== undefined) {
      it('says FILLER_CACHE_INVALID for a set that cannot be loaded, and emits nothing of it', async () => {
        const library = await createBroken();
        try {
          const { error, emitted } = await failureOf(library.loadFillers(mono), time);

          expect(isVoiceError(error) && error.code).toBe('FILLER_CACHE_INVALID');
          expect(emitted).toBe(0);
        } finally {
          await destroy?.(library);
        }
      });
    }
  });
}
