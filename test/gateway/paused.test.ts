import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

describe('what plays, with its position and its pauses', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let clock: number;
  let url: string;

  before(async () => {
    clock = Date.now();
    gateway = await openTestGateway(server, {}, { clock: () => clock });
    url = `/v1/subscribers/${await gateway.join('+8613800138000')}/now-playing`;
  });

  after(async () => gateway?.stop());

  const song = { kind: 'audio', title: 'Jóga', length: 305 };
  const put = (rest: object) =>
    gateway.call({ method: 'PUT', url, headers: gateway.operator, payload: { ...song, ...rest } });
  const shown = async () => (await gateway.call({ method: 'GET', url, headers: gateway.operator })).body;
  const at = (time: number) => new Date(time).toISOString();

  it('begins where its position says, and ends when it has been played', async () => {
    const { status, body } = await put({ position: 100 });
    expect([status, body]).to.deep.equal([202, { expiresAt: at(clock + 210_000) }]);
    expect(await shown()).to.include({ since: at(clock - 100_000), expiresAt: at(clock + 210_000) });
  });

  it('begins anew when it is repeated, without another device being shown in its place', async () => {
    await put({ device: 'phone' });
    clock += 60_000;
    await put({ device: 'tablet', title: 'Hunter', position: 200 });
    expect(await shown(), 'it began later, though in the middle').to.include({ title: 'Hunter' });
    clock += 60_000;
    await put({ device: 'tablet', title: 'Hunter', position: 0 });
    expect(await shown()).to.include({ title: 'Hunter', since: at(clock) });
  });

  it('plays nothing on a device that is paused, which is no error, also where nothing played', async () => {
    await put({ device: 'phone' });
    clock += 1_000;
    await put({ device: 'tablet', title: 'Hunter' });
    for (const device of ['tablet', 'tablet', 'another']) {
      const { status, body } = await put({ device, title: 'Hunter', state: 'paused', position: 20 });
      expect([status, body]).to.deep.equal([202, { expiresAt: at(clock) }]);
      expect(await shown(), 'the other one goes on').to.include({ title: 'Jóga', device: 'phone' });
    }
    expect((await put({ device: 'tablet', title: '', state: 'paused' })).status).to.equal(400);
    const { body } = await put({ state: 'stopped' });
    expect(body.detail).to.equal('state must be one of playing, paused.');
  });
});
