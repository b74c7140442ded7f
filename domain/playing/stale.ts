import { shownBy, type Told } from './told.ts';
import { currentOf, fingerprint, type Playing } from './tune.ts';

/** Milliseconds for which an outlet may show a tune that has ended: it has to be looked at, and to be told. */
const TIME = 10_000;

/**
 * Whether an outlet shows, or may show, a tune that has been over for too long. `dueAt`: when the subscriber had, or has, to
 * be looked at there.
 */
export function isStale(
  { devices, told }: { devices: readonly Playing[]; told: Told },
  dueAt: number,
  now: number,
): boolean {
  // Of who has stopped it is not known when; but only work that is late is due at such a time.
  const over = currentOf(devices, now - TIME) === undefined && (devices.length > 0 || dueAt <= now - TIME);
  return over && shownBy(told) !== fingerprint(undefined);
}
