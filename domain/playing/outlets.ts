/**
 * Where it is shown what subscribers play: a row for each outlet. `queue`: whose jobs look at a subscriber there, and
 * whose due list says at whom; `process` runs them, `concurrency` of them side by side; `jobs`: where they are kept (see
 * the table of queues). `address`: the field of a subscriber's record that says where it is shown.
 */
export const OUTLETS = [
  { name: 'xmpp', queue: 'tune', process: 'component', jobs: 'in-memory', concurrency: 50, address: 'jid' },
] as const;

export type OutletRow = (typeof OUTLETS)[number];
export type OutletName = OutletRow['name'];

export function outletRow(name: OutletName): OutletRow {
  return OUTLETS.find((row) => row.name === name) as OutletRow;
}
