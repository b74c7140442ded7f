/** RFC 3339, section 5.6, without leap seconds: they have no place in JavaScript's time. */
const SHAPE = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]([01]\d|2[0-3]):([0-5]\d))$/;

/** Milliseconds since the epoch; undefined for what is no date-time of RFC 3339, or one that no calendar has, such as 2027-02-29. */
export function readMoment(text: string): number | undefined {
  const [, year = 0, month = 0, day = 0, hour = 0] = (SHAPE.exec(text) ?? []).map(Number);
  // `Date.parse` takes the 29th to 31st of shorter months for days of the next, and 24:00:00 for the next day.
  if (day < 1 || day > daysIn(year, month) || hour > 23) return undefined;
  const time = Date.parse(text.toUpperCase());
  return Number.isNaN(time) ? undefined : time;
}

/** 0 for what is no month. */
function daysIn(year: number, month: number): number {
  const lastDay = new Date(0);
  lastDay.setUTCFullYear(year, month, 0);
  return month >= 1 && month <= 12 ? lastDay.getUTCDate() : 0;
}
