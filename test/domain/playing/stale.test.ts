import { expect } from 'chai';
import { isStale } from '../../../domain/playing/stale.ts';
import type { Told } from '../../../domain/playing/told.ts';
import type { Playing } from '../../../domain/playing/tune.ts';

const NOW = 1_800_000_000_000;
const SECOND = 1_000;

describe('domain/playing/stale', () => {
  const tune = { kind: 'audio', title: 'Song' } as const;
  const endsAt = (expiresAt: number): Playing => ({ device: 'd', tune, since: NOW - 300 * SECOND, expiresAt });
  const address = 'alice@op.example';
  const shows: Told = { state: 'told', address, fingerprint: '["audio","Song"]', at: NOW - 300 * SECOND };
  const shown: Told[] = [
    shows,
    { state: 'unknown', address },
    { state: 'heard', address, fingerprint: '["audio","Song"]' },
  ];
  const nothing: Told[] = [
    { state: 'nothing', address: undefined },
    { state: 'hidden', address, at: NOW },
    { ...shows, fingerprint: '' },
  ];

  it('is a tune that is shown, or may be, ten seconds after its end', () => {
    for (const told of shown) {
      const of = (end: number) => isStale({ devices: [endsAt(end)], told }, NOW, NOW);
      expect([of(NOW - 10 * SECOND), of(NOW - 9 * SECOND), of(NOW + SECOND)], told.state).to.deep.equal([
        true,
        false,
        false,
      ]);
    }
  });

  it('is none that another device still plays, or that is not shown', () => {
    const devices = [endsAt(NOW - 60 * SECOND), endsAt(NOW + 60 * SECOND)];
    expect(isStale({ devices, told: shows }, NOW, NOW)).to.equal(false);
    for (const told of nothing)
      expect(isStale({ devices: devices.slice(0, 1), told }, NOW, NOW), told.state).to.equal(false);
  });

  it('is one that was stopped where the work is late, as else it is not known since when', () => {
    const of = (dueAt: number) => isStale({ devices: [], told: shows }, dueAt, NOW);
    expect([of(NOW - 10 * SECOND), of(NOW + 5 * SECOND)]).to.deep.equal([true, false]);
  });
});
