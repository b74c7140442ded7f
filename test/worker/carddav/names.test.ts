import { lookup } from 'node:dns/promises';
import { expect } from 'chai';
import { createAddressGuard } from '../../../runtime/internal-addresses.ts';
import { createResolve } from '../../../worker/carddav/names.ts';
import { eventually } from '../../support/eventually.ts';
import { useRunning } from '../../support/running.ts';
import { startNameServer } from '../../support/servers/name-server.ts';

/** What a look-up by the system is called by Node. */
const THREAD = 'GetAddrInfoReqWrap';
const PUBLIC = '8.8.4.4';
const INTERNAL = '10.1.2.3';
const NAMES: Record<string, readonly string[] | undefined> = {
  'public.example': [PUBLIC],
  'inside.example': [INTERNAL],
  'both.example': [PUBLIC, INTERNAL],
  'unknown.example': [],
  'hangs.example': undefined,
};

describe('the names of servers that strangers have named', () => {
  const asked: string[] = [];
  let changing = PUBLIC;
  const server = useRunning(() =>
    startNameServer((name) => {
      asked.push(name);
      return name === 'changes.example' ? [changing] : NAMES[name];
    }),
  );
  const resolveWith = (...allow: string[]) => {
    const guard = createAddressGuard(allow);
    const resolve = createResolve(guard, { servers: [server.place], pause: async () => {} });
    return (host: string) => resolve(host, guard.mayConnect);
  };
  const addresses = (found: { address: string }[]) => found.map(({ address }) => address);
  const refusal = (found: Promise<unknown>) =>
    found.then(
      () => 'none',
      (error: Error) => error.message,
    );

  beforeEach(() => asked.splice(0));

  it('are resolved each time that they are connected to, and give what may be connected to then', async () => {
    const resolve = resolveWith();
    expect(addresses(await resolve('public.example'))).to.deep.equal([PUBLIC]);
    expect(addresses(await resolve('changes.example'))).to.deep.equal([PUBLIC]);
    changing = INTERNAL;
    expect(await refusal(resolve('changes.example'))).to.contain('no address that may be read');
    changing = PUBLIC;
    expect(addresses(await resolveWith('10.0.0.0/8')('inside.example'))).to.deep.equal([INTERNAL]);
    expect(addresses(await resolveWith('inside.example')('public.example'))).to.deep.equal([PUBLIC]);
  });

  it('are refused alike, in words and in time, where they are internal, where nobody has them and where nobody answers', async () => {
    const events: string[] = [];
    let goOn = () => {};
    const pause = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const guard = createAddressGuard([]);
    const resolve = createResolve(guard, {
      servers: [server.place],
      pause: () => {
        events.push('waits');
        return pause;
      },
    });
    const hosts = ['inside.example', 'both.example', 'unknown.example', 'localhost'];
    const all = ['hangs.example', ...hosts].map(async (host) => {
      const said = await refusal(resolve(host, guard.mayConnect));
      events.push(said);
    });
    await eventually(() => expect(asked).to.include.members(hosts));
    // What was asked before this has been answered when this is.
    expect(addresses(await resolve('public.example', guard.mayConnect))).to.deep.equal([PUBLIC]);
    expect(new Set(events)).to.deep.equal(new Set(['waits']));
    goOn();
    await Promise.all(all);
    const said = events.filter((event) => event !== 'waits');
    expect(new Set(said)).to.have.length(1);
    expect(said).to.have.length(all.length);
  });

  it('take no thread of the process while their name servers hang', async () => {
    const resolve = resolveWith();
    const hanging = Array.from({ length: 20 }, () => refusal(resolve('hangs.example')));
    await eventually(() => expect(asked).to.include('hangs.example'));
    expect(process.getActiveResourcesInfo()).not.to.include(THREAD);
    const system = lookup('localhost');
    expect(process.getActiveResourcesInfo(), 'the look works').to.include(THREAD);
    await Promise.all([system, ...hanging]);
  });
});
