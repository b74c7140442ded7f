import { readFrom, writeTo } from './storage.ts';

const KEY = 'earshot.new-login';

/** The XMPP account that was made for somebody who signed in, with the password that is told only once. */
export type NewLogin = { jid: string; password: string };

/** The account whose password nobody has said to have written down. */
export function readNewLogin(): NewLogin | undefined {
  try {
    const { jid, password } = JSON.parse(readFrom('tab', KEY) ?? '') as Partial<NewLogin>;
    return jid !== undefined && password !== undefined ? { jid, password } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it in this tab, through a reload; undefined forgets it. */
export function keepNewLogin(login: NewLogin | undefined): void {
  writeTo('tab', KEY, login && JSON.stringify(login));
}
