import { expect } from 'chai';
import { NOTHING_TOLD, type Told } from '../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../domain/playing/tune.ts';
import { NobodyThere, type Outlet } from '../../outlet/outlet.ts';

/** An outlet, and somebody who looks at it. */
export type Subject = {
  outlet: Outlet;
  /** Where somebody is of whom nothing was shown yet. */
  address: string;
  /** Where nobody is. */
  nowhere: string;
  /** Who looks, as it is named to `admit`. */
  watcher: string;
  /** What was told under a memo that is lost cannot be taken back: it ends by itself. */
  needsMemo?: boolean;
  /** Waits until who looks sees this title last; undefined: that nothing plays. */
  sees(title: string | undefined): Promise<void>;
  /** Every title that was seen. */
  seen(): string[];
  stop(): Promise<void>;
};

export function tuneCalled(title: string): Playing {
  const now = Date.now();
  return { device: 'phone', tune: { kind: 'audio', title, length: 600 }, since: now, expiresAt: now + 600_000 };
}

/** What every outlet must keep, whatever it is (see `Outlet`); run against the real thing. */
export function keepsTheContract(what: string, start: () => Promise<Subject>): void {
  describe(`an outlet, ${what},`, () => {
    let subject: Subject;

    before(async () => {
      subject = await start();
    });

    after(async () => subject?.stop());

    it('shows what plays, what plays next, and the end, also when its memo is lost if it can do without', async () => {
      const { outlet, address, sees, needsMemo } = subject;
      const kept = (memo: string | undefined) => (needsMemo ? memo : undefined);
      const { memo } = await outlet.show(address, tuneCalled('First'), undefined);
      await sees('First');
      const { memo: next } = await outlet.show(address, tuneCalled('Second'), memo);
      await sees('Second');
      const { memo: last } = await outlet.show(address, tuneCalled('Third'), kept(next));
      await sees('Third');
      await outlet.show(address, undefined, kept(last));
      await sees(undefined);
    });

    it('shows what it is told twice as if it had been told once', async () => {
      const { outlet, address, sees } = subject;
      const song = tuneCalled('Again and again');
      const { memo } = await outlet.show(address, song, undefined);
      const { memo: next } = await outlet.show(address, song, memo);
      await sees('Again and again');
      const { memo: last } = await outlet.show(address, undefined, next);
      await outlet.show(address, undefined, last);
      await sees(undefined);
    });

    it('knows that nobody is there, and when that is to be looked at again', async () => {
      const { outlet, nowhere } = subject;
      const changes = [['model', 'whitelist']] as const;
      const calls = [outlet.show(nowhere, tuneCalled('To nobody'), undefined), outlet.admit?.(nowhere, changes)];
      for (const call of calls) {
        if (!call) continue;
        const err = await call.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(err).to.be.instanceOf(NobodyThere);
        expect(outlet.retry(err)).to.be.greaterThan(0);
      }
    });

    it('shows nothing to who is shut out, and again to who is let in again', async () => {
      const { outlet, address, sees, seen } = subject;
      expect(outlet.admit !== undefined, 'only who tells friends apart lets them look').to.equal(
        outlet.reach === 'each-friend',
      );
      if (!outlet.admit) return;
      await outlet.show(address, undefined, undefined);
      for (const _twice of [1, 2]) await outlet.admit(address, [['model', 'whitelist']]);
      await outlet.show(address, tuneCalled('Not for this one'), undefined);
      await outlet.show(address, undefined, undefined);
      for (const _twice of [1, 2]) await outlet.admit(address, [['model', 'presence']]);
      await outlet.show(address, tuneCalled('For all again'), undefined);
      await sees('For all again');
      expect(seen()).to.not.include('Not for this one');
      await outlet.show(address, undefined, undefined);
      await sees(undefined);
    });

    it('lets a stop never wait, nor the first tune', () => {
      const { outlet, address } = subject;
      const [song, next] = [tuneCalled('Just told'), tuneCalled('Next')];
      const told: Told = { state: 'told', address, at: Date.now(), fingerprint: fingerprint(song.tune) };
      expect(outlet.pace(told, undefined)).to.be.at.most(told.at);
      expect(outlet.pace(NOTHING_TOLD, next)).to.be.at.most(told.at);
      expect(outlet.pace({ state: 'hidden', address, at: told.at }, song)).to.be.at.most(told.at);
      expect(outlet.pace(told, next)).to.equal(outlet.pace(told, next));
    });
  });
}
