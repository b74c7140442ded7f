import { expect } from 'chai';
import type { Reach } from '../../domain/playing/showing.ts';
import { NobodyThere, type Outlet } from '../../outlet/outlet.ts';

const NOWHERE = 'nobody@op.example';

/** What a recorder was told: `show <address> <title or ->`, `admit <address> <who> <how>`. */
export type Recorder = Outlet & { calls: string[]; during: () => unknown; sight: Map<string, string | undefined> };

/** The plainest outlet: it remembers what it was told, and shows it to a friend called Bob. `during`: what happens while it is shown. */
export function createRecorder(reach: Reach, changes: Partial<Outlet> = {}): Recorder {
  const closed = new Set<string>();
  const members = new Set<string>();
  const recorder: Recorder = {
    name: 'xmpp',
    reach,
    calls: [],
    sight: new Map(),
    during: () => {},
    addressOf: ({ jid }) => jid,
    async show(address, playing) {
      recorder.calls.push(`show ${address} ${playing?.tune.title ?? '-'}`);
      if (address === NOWHERE) throw new NobodyThere('there is nobody');
      await recorder.during();
      if (!closed.has(address) || members.has(`${address} bob@op.example`))
        recorder.sight.set(address, playing?.tune.title);
      return {};
    },
    pace: () => 0,
    retry: (err) => (err instanceof NobodyThere ? 60_000 : undefined),
    ...(reach === 'each-friend' && {
      async admit(address, list) {
        recorder.calls.push(...list.map(([who, how]) => `admit ${address} ${who} ${how}`));
        if (address === NOWHERE) throw new NobodyThere('there is nobody');
        for (const [who, how] of list) {
          if (how === 'whitelist') closed.add(address);
          else if (who === 'model') closed.delete(address);
          else if (how === 'member') members.add(`${address} ${who}`);
          else members.delete(`${address} ${who}`);
        }
      },
    }),
    ...changes,
  };
  return recorder;
}

/** As the contract wants it. */
export async function recorderSubject(reach: Reach) {
  const outlet = createRecorder(reach);
  const titles: string[] = [];
  const { show } = outlet;
  const address = 'alice@op.example';
  const watched: Outlet = {
    ...outlet,
    async show(where, playing, memo) {
      const answer = await show(where, playing, memo);
      titles.push(outlet.sight.get(address) ?? '-');
      return answer;
    },
  };
  return {
    outlet: watched,
    address,
    nowhere: NOWHERE,
    watcher: 'bob@op.example',
    sees: async (title: string | undefined) => void expect(outlet.sight.get(address)).to.equal(title),
    seen: () => titles,
    stop: async () => {},
  };
}
