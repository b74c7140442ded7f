import { beganAt } from '../../domain/playing/tune.ts';
import type { EventKind } from '../../domain/subscription/event-types.ts';
import { friendOf, type Step } from '../../domain/subscription/known.ts';
import { audienceOf, type Present, presentPrivacy } from './look.ts';

/** The member `data` of a step's event, beside the ids. `kinds`: what was asked for. Names are never in it. */
export function dataOf(
  step: Step,
  present: Present | undefined,
  kinds: readonly EventKind[],
  now: number,
): Record<string, unknown> {
  if (!present) return {};
  const numbers = { phoneNumbers: present.numbers, ...(present.whole ? {} : { shared: true }) };
  switch (step.kind) {
    case 'subscriber-added':
      return { ...numbers, ...(present.whole && kinds.includes('consent-changed') && consent(present, now)) };
    case 'numbers-changed':
      return numbers;
    case 'consent-changed':
      return consent(present, now);
    case 'friend-added':
    case 'friend-removed':
      return { friendId: friendOf(step) };
    case 'now-playing-changed':
      return { nowPlaying: nowPlaying(present) };
    case 'subscriber-removed':
      return {};
  }
}

function consent(present: Present, now: number): Record<string, unknown> {
  const { discoverable, privateUntil } = presentPrivacy(present.privacy, now);
  return {
    discoverable,
    audience: audienceOf(present.privacy),
    privateUntil: privateUntil === null ? null : new Date(privateUntil).toISOString(),
  };
}

function nowPlaying(present: Present): Record<string, unknown> | null {
  const { playing } = present;
  if (!playing) return null;
  return { ...playing.tune, since: new Date(beganAt(playing)).toISOString(), audience: audienceOf(present.privacy) };
}
