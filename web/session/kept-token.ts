import { type Place, readFrom, writeTo } from './storage.ts';

const KEY = 'earshot.token';

/** The token that was kept in this tab, or in this browser. */
export function readToken(): string | undefined {
  return readFrom('tab', KEY) ?? readFrom('browser', KEY);
}

/** Keeps the token until the tab is closed, or until somebody signs out. */
export function keepToken(token: string, place: Place): void {
  forgetToken();
  writeTo(place, KEY, token);
}

/** Forgets it in this tab and in this browser. */
export function forgetToken(): void {
  writeTo('tab', KEY, undefined);
  writeTo('browser', KEY, undefined);
}
