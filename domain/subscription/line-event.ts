/** What has happened to a line. */
export type LineChange = 'recycled' | 'ported-out' | 'sim-swapped' | 'suspended' | 'resumed';

/** CAMARA's own word, of any version of its interface: https://github.com/camaraproject/SimSwap (r3.3). */
const SIM_SWAPPED = /^org\.camaraproject\.sim-swap-subscriptions\.v\d+\.swapped$/;

/**
 * By the attribute `type` of CloudEvents. CAMARA tells by events only of swapped SIMs; it answers questions about recycled numbers
 * (https://github.com/camaraproject/NumberRecycling, r2.2), and says nothing of lines that are suspended.
 */
const CHANGES: Readonly<Record<string, LineChange>> = {
  'org.earshot.v1.number-recycled': 'recycled',
  'org.earshot.v1.number-ported-out': 'ported-out',
  'org.earshot.v1.line-suspended': 'suspended',
  'org.earshot.v1.line-resumed': 'resumed',
};

/** The types that can be told; the one of CAMARA in its present version. */
export const LINE_TYPES = [...Object.keys(CHANGES), 'org.camaraproject.sim-swap-subscriptions.v0.swapped'];

/** Undefined for a type that is not known. */
export function lineChangeOf(type: string): LineChange | undefined {
  if (SIM_SWAPPED.test(type)) return 'sim-swapped';
  return Object.hasOwn(CHANGES, type) ? CHANGES[type] : undefined;
}
