import { type Place, readFrom, writeTo } from './storage.ts';

const KEY = 'earshot.browser';
const KNOWN_AS: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'macOS' };

/**
 * What the token of this tab, or of this browser, is called. A new token takes the place of the former one of the same name, so four characters
 * that are made at random tell browsers apart.
 */
export function deviceName(place: Place): string {
  const agent = navigator.userAgent;
  const browser = /Edg|OPR|Firefox|Chrome|Safari/.exec(agent)?.[0];
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0];
  const words = [browser, system].flatMap((word) => (word === undefined ? [] : [KNOWN_AS[word] ?? word]));
  return `Friends page, ${[...words, ownMark(place)].join(' ')}`;
}

function ownMark(place: Place): string {
  const mark = readFrom(place, KEY) ?? Math.random().toString(36).slice(2, 6);
  writeTo(place, KEY, mark);
  return mark;
}
