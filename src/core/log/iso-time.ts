/** Where a date is counted from: 1 March of the year 0, so that a leap day is the last day of its year. Units: days before 1970. */
const daysBeforeEpoch = 719_468;
const daysOf400Years = 146_097;
/** What is written for a time that is none, or outside of the years 1970 to 9999. */
const unknownTime = '1970-01-01T00:00:00.000Z';
const latestMs = 253_402_300_799_999;

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/**
 * A time as `2026-03-12T09:30:00.000Z`. Pure: it is told the time and reads no clock.
 *
 * @param epochMs - Units: milliseconds since 1970. Anything that is no such time is written as its beginning.
 */
export function isoTime(epochMs: number): string {
  if (!(epochMs >= 0 && epochMs <= latestMs)) return unknownTime;
  const wholeMs = Math.floor(epochMs);
  const days = Math.floor(wholeMs / 86_400_000) + daysBeforeEpoch;
  const dayMs = wholeMs % 86_400_000;
  const era = Math.floor(days / daysOf400Years);
  const ofEra = days - era * daysOf400Years;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  /** From March, 0..11. Five months have 153 days, whichever they are. */
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const seconds = Math.floor(dayMs / 1000);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) =>
    pad(part),
  );
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${time.join(':')}.${pad(dayMs % 1000, 3)}Z`;
}
