import type { Language } from './language.ts';

const DAY = 86_400_000;

/** A moment near now: the time of day, with the day unless it is today. */
export function momentText(time: string, language: Language): string {
  const date = new Date(time);
  const today = date.toDateString() === new Date().toDateString();
  const soon = Math.abs(date.getTime() - Date.now()) < 6 * DAY;
  const day = today ? {} : soon ? ({ weekday: 'long' } as const) : ({ day: 'numeric', month: 'long' } as const);
  return new Intl.DateTimeFormat(language, { ...day, hour: 'numeric', minute: '2-digit' }).format(date);
}

/** A day, for what lies further back. */
export function dayText(time: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(time));
}

/** How long until then, in words: "in 2 minutes". `seconds`: more than 0. */
export function waitText(seconds: number, language: Language): string {
  const format = new Intl.RelativeTimeFormat(language);
  if (seconds < 90) return format.format(Math.ceil(seconds), 'second');
  return seconds < 5400
    ? format.format(Math.ceil(seconds / 60), 'minute')
    : format.format(Math.ceil(seconds / 3600), 'hour');
}

/** Seconds as a player shows them: 4:05, 1:02:03. */
export function lengthText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}
