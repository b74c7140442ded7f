import { hash } from 'node:crypto';
import { expect } from 'chai';
import type { Playing } from '../../domain/playing/tune.ts';
import { NobodyThere, type Outlet } from '../../outlet/outlet.ts';
import { Trouble } from '../../sip/trouble.ts';
import { tuneCalled } from '../outlet/contract.ts';
import { eventually } from '../support/eventually.ts';
import {
  type ScriptedServer,
  type SipReply,
  type SipRequest,
  startScriptedServer,
} from '../support/sip/scripted-server.ts';
import { sipOutletTo } from '../support/sip/sip-subject.ts';

/** Milliseconds for an answer, where nothing else is told by one that does not come. */
const PATIENCE = 60_000;
const ALICE = '+4915112345678';
const OK = (tag: string, expires = 900) => ({ status: '200 OK', headers: [`SIP-ETag: ${tag}`, `Expires: ${expires}`] });

/** Of the memo that the outlet returns the tag alone: the time is behind it. */
async function tagOf(call: ReturnType<Outlet['show']>) {
  const { memo } = await call;
  return memo === undefined ? {} : { memo: memo.split(' ')[0] };
}

const LOGIN = { user: 'earshot', password: 'correct horse' };

/** What a request says of who sends it. */
function parametersOf(request: SipRequest): Record<string, string | undefined> {
  const text = request.header('Authorization') ?? request.header('Proxy-Authorization') ?? '';
  return Object.fromEntries([...text.matchAll(/(\w+)="?([^",]*)"?/g)].map(([, name, value]) => [name, value]));
}

/** Whether it is let in with that nonce (RFC 7616, section 3.4.1). */
function isRight(request: SipRequest, nonce: string, algorithm: 'MD5' | 'SHA-256'): boolean {
  const { username, realm, uri, nc, cnonce, response, ...said } = parametersOf(request);
  if (said.nonce !== nonce || said.algorithm !== algorithm) return false;
  const digest = (text: string) => hash(algorithm === 'MD5' ? 'md5' : 'sha256', text);
  const [ha1, ha2] = [digest(`${username}:${realm}:${LOGIN.password}`), digest(`PUBLISH:${uri}`)];
  return response === digest([ha1, nonce, nc, cnonce, 'auth', ha2].join(':'));
}

type Reply = (request: SipRequest, count: number) => SipReply | Promise<SipReply>;

describe('an outlet to a presence server that', () => {
  let server: ScriptedServer;
  let ends: (() => void)[] = [];

  afterEach(async () => {
    for (const end of ends) end();
    ends = [];
    await server.stop();
  });

  /** The outlet, to a server that answers like this. `count`: of requests so far. */
  async function outletTo(reply: Reply, more: Parameters<typeof sipOutletTo>[1] = {}) {
    server = await startScriptedServer((request) => reply(request, server.requests.length));
    const subject = sipOutletTo(server.port, { patience: PATIENCE, ...more });
    ends.push(subject.server.stop);
    return subject;
  }

  const failure = (call: Promise<unknown>) =>
    call.then(
      () => expect.fail('it was told'),
      (err: unknown) => err as Trouble,
    );
  const show = (outlet: Outlet, playing: Playing | undefined, memo?: string) =>
    tagOf(outlet.show(ALICE, playing, memo));
  const sent = (header: string) => server.requests.map((request) => request.header(header));

  it('knows the tag no more gets a new publication, whatever it says of it', async () => {
    for (const status of ['412 Conditional Request Failed', '400 Bad Request', '500 Server Internal Error']) {
      const { outlet } = await outletTo((request) => (request.header('SIP-If-Match') ? { status } : OK('new')));
      expect(await show(outlet, tuneCalled('Song'), 'old')).to.deep.equal({ memo: 'new' });
      expect(sent('SIP-If-Match')).to.deep.equal(['old', undefined]);
      await server.stop();
    }
  });

  it('knows the tag no more has nothing to remove, and one that cannot remove it is asked again', async () => {
    let status = '412 Conditional Request Failed';
    const { outlet, metrics } = await outletTo(() => ({ status, headers: ['Min-Expires: 7200'] }));
    expect(await show(outlet, undefined, 'old')).to.deep.equal({});
    for (status of ['400 Bad Request', '500 Server Internal Error', '423 Interval Too Brief', '302 Moved']) {
      const trouble = await failure(show(outlet, undefined, 'old'));
      expect(trouble.message).to.equal(`the presence server answers ${status.slice(0, 3)}`);
      expect(outlet.retry(trouble)).to.be.at.least(30_000);
    }
    expect(sent('Expires'), 'nothing is published to remove something').to.deep.equal(['0', '0', '0', '0', '0']);
    expect(await metrics.registry.metrics()).to.match(/what="remove",outcome="refused".*\} 4/);
  });

  it('refuses to remove what has expired meanwhile is not asked again for ever', async () => {
    let passed = 0;
    const { outlet } = await outletTo(
      (request) => (request.header('SIP-If-Match') ? { status: '403 Forbidden' } : OK('tag', 100)),
      { now: () => Date.now() + passed },
    );
    const { memo } = await outlet.show(ALICE, tuneCalled('Song'), undefined);
    expect(await failure(show(outlet, undefined, memo))).to.be.instanceOf(Trouble);
    passed = 100_000;
    expect(await failure(show(outlet, undefined, memo)), 'clocks may differ').to.be.instanceOf(Trouble);
    passed = 200_000;
    expect(await show(outlet, undefined, memo)).to.deep.equal({});
    expect(server.requests).to.have.length(3);
  });

  it('wants a longer time (423) gets it, within a day', async () => {
    let least = 7_200;
    const { outlet } = await outletTo((request) =>
      Number(request.header('Expires')) < least
        ? { status: '423 Interval Too Brief', headers: [`Min-Expires: ${least}`] }
        : OK('tag', least),
    );
    expect(await show(outlet, tuneCalled('Song'))).to.deep.equal({ memo: 'tag' });
    expect(sent('Expires')).to.deep.equal(['630', '7200']);
    least = 86_401;
    expect(await failure(show(outlet, tuneCalled('Song')))).to.be.instanceOf(Trouble);
  });

  it('wants a longer time (423) again and again is given up', async () => {
    const { outlet } = await outletTo((request) => ({
      status: '423 Interval Too Brief',
      headers: [`Min-Expires: ${Number(request.header('Expires')) + 1}`],
    }));
    expect(await failure(show(outlet, tuneCalled('Song')))).to.be.instanceOf(Trouble);
    expect(sent('Expires')).to.deep.equal(['630', '631']);
  });

  it('grants less time than the tune lasts is told again before that is over, and not all at once', async () => {
    const { outlet } = await outletTo(() => OK('tag', 100));
    const begun = Date.now();
    const times = await Promise.all(
      Array.from(
        { length: 200 },
        async () => ((await outlet.show(ALICE, tuneCalled('Song'), undefined)).again ?? 0) - begun,
      ),
    );
    const took = Date.now() - begun;
    expect(Math.min(...times)).to.be.within(50_000, 60_000 + took);
    expect(Math.max(...times)).to.be.within(70_000, 80_000 + took);
  });

  it('grants a second is told again after fifteen', async () => {
    const { outlet } = await outletTo(() => OK('tag', 1));
    const begun = Date.now();
    expect((await outlet.show(ALICE, tuneCalled('Song'), undefined)).again).to.be.at.least(begun + 15_000);
  });

  it('says no tag, or one that is none, gets a new publication the next time', async () => {
    const answers = [{ status: '200 OK' }, OK('a b'), OK('x'.repeat(300)), OK('a\tb')];
    const { outlet } = await outletTo((_, count) => answers[count - 1]);
    for (const _answer of answers) expect(await show(outlet, tuneCalled('Song'))).to.deep.equal({});
  });

  it('knows nobody at the number, or takes nothing of it, costs nobody else anything', async () => {
    const { outlet, server: presence } = await outletTo((request) => {
      if (request.start.includes('+49111')) return { status: '404 Not Found' };
      return request.start.includes('+49222') ? { status: '403 Forbidden' } : OK('tag');
    });
    const nobody = await failure(outlet.show('+49111', tuneCalled('Song'), undefined));
    expect(nobody).to.be.instanceOf(NobodyThere);
    expect(outlet.retry(nobody)).to.be.at.least(1_800_000);
    const refused = await failure(outlet.show('+49222', tuneCalled('Song'), undefined));
    expect(refused.message).to.equal('the presence server answers 403');
    expect(outlet.retry(refused)).to.be.at.least(300_000);
    expect(presence.trouble()).to.equal(undefined);
    expect(await show(outlet, tuneCalled('Song'))).to.deep.equal({ memo: 'tag' });
  });

  it('wants to be left alone (503 with Retry-After) is asked nothing, and whoever waits comes back later', async () => {
    const { outlet, server: presence } = await outletTo(() => ({
      status: '503 Service Unavailable',
      headers: ['Retry-After: 120 (a rest)'],
    }));
    const first = await failure(show(outlet, tuneCalled('Song')));
    expect(outlet.retry(first)).to.be.within(100_000, 121_000);
    expect(Number.isInteger(outlet.retry(first)), 'as a time that is due').to.equal(true);
    const others = await Promise.all([1, 2, 3].map(() => failure(show(outlet, undefined, 'tag'))));
    for (const other of others) expect(outlet.retry(other)).to.be.at.least(100_000);
    const early = await failure(outlet.ready?.(true) ?? Promise.resolve());
    expect(outlet.retry(early), 'before anything is noted').to.be.at.least(100_000);
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
    try {
      await failure(show(outlet, tuneCalled('Song')));
    } finally {
      Date.now = now;
    }
    expect(server.requests, 'also where the clock is put meanwhile').to.have.length(1);
    expect(presence.trouble()).to.equal('the presence server answers 503');
  });

  it('refuses the password is asked no more for a while, and the operator is told why', async () => {
    const challenge = 'WWW-Authenticate: Digest realm="op.example", nonce="abc", qop="auth", algorithm=SHA-256';
    const { outlet, server: presence } = await outletTo(() => ({ status: '401 Unauthorized', headers: [challenge] }), {
      login: { user: 'earshot', password: 'wrong' },
    });
    expect(outlet.retry(await failure(show(outlet, tuneCalled('Song'))))).to.be.at.least(59_000);
    expect(presence.trouble()).to.match(/EARSHOT_SIP_PASSWORD/);
    expect(sent('Authorization')[1]).to.match(/^Digest username="earshot", .*algorithm=SHA-256, qop=auth, nc=00000001/);
    await failure(show(outlet, tuneCalled('Song')));
    expect(server.requests, 'one that is refused, and one with the password').to.have.length(2);
  });

  it('asks for SHA-256 as well as MD5 gets SHA-256, and MD5 where it asks for nothing else', async () => {
    const ask = (algorithm: string) =>
      `WWW-Authenticate: Digest realm="op.example", nonce="abc", qop="auth", algorithm=${algorithm}`;
    const offers = [
      [[ask('MD5'), 'WWW-Authenticate: Basic realm="op.example"', ask('SHA-256'), ask('SHA-512-256')], 'SHA-256'],
      [[ask('SHA-512-256'), ask('MD5')], 'MD5'],
      [[ask('MD5').replace(/, algorithm.*/, '')], 'MD5'],
      [[ask('MD5'), ask('"SHA-256"')], 'SHA-256'],
      [[ask('"MD5"')], 'MD5'],
      [[ask('MD5'), ask('SHA-256').replace('"auth"', '"auth-int"')], 'MD5'],
      [[ask('MD5'), ask('SHA-256').replace('"auth"', '"auth-int, auth"')], 'SHA-256'],
    ] as const;
    for (const [headers, algorithm] of offers) {
      const { outlet } = await outletTo(
        (request) => (isRight(request, 'abc', algorithm) ? OK('tag') : { status: '401 Unauthorized', headers }),
        { login: LOGIN },
      );
      expect(await show(outlet, tuneCalled('Song')), algorithm).to.deep.equal({ memo: 'tag' });
      await server.stop();
    }
  });

  it('has another nonce after a few requests is told with it at once', async () => {
    const uses: string[] = [];
    const nonceOf = () => `nonce${Math.floor(uses.length / 3)}`;
    const { outlet } = await outletTo(
      (request) => {
        const nonce = nonceOf();
        if (isRight(request, nonce, 'SHA-256')) {
          uses.push(`${nonce} ${parametersOf(request).nc}`);
          return OK('tag');
        }
        // The nonce was right once.
        const stale = parametersOf(request).nonce === undefined ? '' : ', stale=true';
        const challenge = `Digest realm="op.example", nonce="${nonce}", qop="auth", algorithm=SHA-256${stale}`;
        return { status: '407 Proxy Authentication Required', headers: [`Proxy-Authenticate: ${challenge}`] };
      },
      { login: LOGIN },
    );
    for (let i = 0; i < 7; i += 1) expect(await show(outlet, tuneCalled('Song'))).to.deep.equal({ memo: 'tag' });
    expect(uses).to.deep.equal(
      [0, 0, 0, 1, 1, 1, 2].map((nonce, i) => `nonce${nonce} ${`${(i % 3) + 1}`.padStart(8, '0')}`),
    );
    expect(server.requests, 'one for each, and one for each new nonce').to.have.length(10);
  });

  it('asks for credentials each time is asked no more often than it may be', async () => {
    let told = 0;
    const { outlet } = await outletTo(
      (request) => {
        const nonce = `nonce${told}`;
        if (isRight(request, nonce, 'SHA-256')) {
          told += 1;
          return OK('tag');
        }
        const challenge = `Digest realm="op.example", nonce="${nonce}", qop="auth", algorithm=SHA-256`;
        return { status: '401 Unauthorized', headers: [`WWW-Authenticate: ${challenge}`] };
      },
      { login: LOGIN, rate: 20 },
    );
    const begun = performance.now();
    for (let i = 0; i < 8; i += 1) {
      await outlet.ready?.(false);
      await show(outlet, tuneCalled('Song'));
    }
    expect(server.requests).to.have.length(16);
    // Two may go at once by what was not used before, and the last one goes without waiting for a turn of its own.
    expect(performance.now() - begun).to.be.at.least((16 - 3) * 50);
  });

  it('answers what is no SIP, ends at once, or sends requests of its own is left, and reached again', async () => {
    const garbage = [
      'HTTP/1.1 200 OK\r\n\r\n',
      '\u0000'.repeat(50_000),
      'SIP/2.0 200 OK\r\nContent-Length: 99999999\r\n\r\n',
    ];
    for (const raw of [...garbage, 'SIP/2.0 200 OK\r\nVia: nonsense\r\nContent-Length: 0\r\n\r\n']) {
      let works = false;
      const { outlet } = await outletTo(() => (works ? OK('tag') : { raw }), { patience: 500 });
      const trouble = await failure(show(outlet, tuneCalled('Song')));
      expect(outlet.retry(trouble), raw.slice(0, 20)).to.be.within(250, 10_000);
      works = true;
      await eventually(async () => expect(await show(outlet, tuneCalled('Song'))).to.deep.equal({ memo: 'tag' }));
      await server.stop();
    }
    const options = `OPTIONS sip:earshot@op.example SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@op.example>;tag=1\r\nTo: <sip:b@op.example>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`;
    server = await startScriptedServer((request, socket) => {
      if (!request.start.startsWith('PUBLISH')) return undefined;
      socket.write(options.repeat(1_000));
      return OK('tag');
    });
    const { outlet, server: presence } = sipOutletTo(server.port, { patience: PATIENCE });
    ends.push(presence.stop);
    expect(await show(outlet, tuneCalled('Song'))).to.deep.equal({ memo: 'tag' });
  });

  it('answers with headers that have no end is left after a few kilobytes of them', async () => {
    let written = 0;
    let left = () => {};
    const over = new Promise<void>((resolve) => {
      left = resolve;
    });
    server = await startScriptedServer((_, socket) => {
      const piece = 'x'.repeat(65_536);
      socket.write('SIP/2.0 200 OK\r\nX-Endless: ');
      socket.on('close', left);
      const more = () => {
        // A gigabyte, if it is taken.
        while (!socket.destroyed && written < 2 ** 30) {
          written += piece.length;
          if (!socket.write(piece)) return void socket.once('drain', more);
        }
      };
      more();
      return undefined;
    });
    const { outlet, server: presence } = sipOutletTo(server.port, { patience: PATIENCE });
    ends.push(presence.stop);
    expect((await failure(show(outlet, tuneCalled('Song')))).message).to.equal(
      'the presence server has ended the connection',
    );
    await over;
    expect(written).to.be.below(2 ** 26);
    expect(presence.connections()).to.equal(0);
  });

  it('is not there, and comes, is told then', async () => {
    const { outlet } = await outletTo(() => OK('tag'));
    const { port } = server;
    await server.stop();
    expect((await failure(show(outlet, tuneCalled('Song')))).message).to.match(/ECONNREFUSED|ended/);
    server = await startScriptedServer(() => OK('back'), port);
    await eventually(async () => expect(await show(outlet, tuneCalled('Song'))).to.deep.equal({ memo: 'back' }));
  });

  it('says nothing keeps nobody waiting who ends the process, and is not waited for again', async () => {
    const { outlet, server: presence } = await outletTo(() => undefined);
    const silent = failure(show(outlet, tuneCalled('Song')));
    await eventually(() => expect(server.requests).to.have.length(1));
    presence.stop();
    expect((await silent).message).to.equal('the presence server has ended the connection');
    expect((await failure(show(outlet, tuneCalled('Song')))).pause).to.be.above(0);
  });

  it('is asked by many is asked for nothing by those who still wait when the process ends', async () => {
    const { outlet, server: presence } = await outletTo(() => OK('tag'), { rate: 1 });
    const ready = [1, 2, 3].map(() => outlet.ready?.(true));
    await ready[0];
    presence.stop();
    for (const one of ready.slice(1))
      expect((await failure(one ?? Promise.resolve())).message).to.equal('the process ends');
  });

  it('never finishes its TLS is left, and asked again later', async () => {
    const { outlet, server: presence } = await outletTo(() => undefined, { tls: true, patience: 300 });
    const trouble = await failure(show(outlet, tuneCalled('Song')));
    expect(trouble.message).to.equal('cannot connect to the presence server: it does not answer');
    expect(outlet.retry(trouble)).to.be.at.least(250);
    expect(presence.connections()).to.equal(0);
    await eventually(() => expect(server.open()).to.equal(0));
  });

  it('never finishes its TLS keeps nobody waiting who ends the process', async () => {
    const { outlet, server: presence } = await outletTo(() => undefined, { tls: true });
    const silent = failure(show(outlet, tuneCalled('Song')));
    await eventually(() => expect(server.opened()).to.equal(1));
    presence.stop();
    expect((await silent).message).to.equal('cannot connect to the presence server: the process ends');
  });

  it('is slow gets several connections, and not more than eight', async () => {
    let answer = () => {};
    const open = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { outlet, server: presence } = await outletTo(() => open.then(() => OK('tag')));
    const calls = Array.from({ length: 200 }, (_, i) => outlet.show(`+4915100000${i}`, tuneCalled('Song'), undefined));
    await eventually(() => expect(server.opened()).to.be.above(1));
    answer();
    await Promise.all(calls);
    expect(presence.connections()).to.be.within(2, 8);
  });

  it('is asked two things at once answers each of them, whatever is drawn at random', async () => {
    const { outlet } = await outletTo((request) => OK(/\+(\d+)@/.exec(request.start)?.[1] ?? ''));
    const { random } = Math;
    Math.random = () => 0.5;
    try {
      const told = ['+49111', '+49222', '+49333'].map((number) =>
        tagOf(outlet.show(number, tuneCalled('Song'), undefined)),
      );
      expect(await Promise.all(told)).to.deep.equal(['49111', '49222', '49333'].map((memo) => ({ memo })));
    } finally {
      Math.random = random;
    }
  });

  it('takes no more than so many a second gets no more, and first what is to be taken away', async () => {
    const { outlet } = await outletTo(() => OK('tag'), { rate: 20 });
    const told = async (number: string, playing: Playing | undefined) => {
      await outlet.ready?.(playing === undefined);
      await outlet.show(number, playing, 'tag');
    };
    const tunes = Array.from({ length: 10 }, (_, i) => told(`+4915100000${i}`, tuneCalled('Song')));
    const removal = told(ALICE, undefined);
    await Promise.all([removal, ...tunes]);
    expect(server.requests).to.have.length(11);
    expect(sent('Expires').indexOf('0')).to.be.below(9);
  });
});

describe('an outlet to a presence server that says nothing', () => {
  let server: ScriptedServer;

  after(async () => server?.stop());

  it('tells so after some seconds, asks it on another connection, and loses nothing of what it answers to others', async () => {
    server = await startScriptedServer((request) => (request.start.includes('+49111') ? undefined : OK('tag')));
    const { outlet, server: presence } = sipOutletTo(server.port, { patience: 2_500 });
    const silent = outlet.show('+49111', tuneCalled('Song'), undefined).catch((err: unknown) => err);
    await eventually(() => expect(server.requests).to.have.length(1));
    expect(await tagOf(outlet.show(ALICE, tuneCalled('Song'), undefined))).to.deep.equal({ memo: 'tag' });
    expect((await silent) as Trouble).to.include({ name: 'Trouble', message: 'the presence server does not answer' });
    expect(presence.trouble(), 'it answered others').to.equal(undefined);
    const alone = await outlet.show('+49111', tuneCalled('Song'), undefined).catch((err: unknown) => err as Trouble);
    expect(presence.trouble()).to.equal('the presence server does not answer');
    expect(outlet.retry(alone)).to.be.at.least(250);
    await eventually(async () =>
      expect(await tagOf(outlet.show(ALICE, tuneCalled('Song'), undefined))).to.deep.equal({ memo: 'tag' }),
    );
    expect(server.opened()).to.equal(2);
    presence.stop();
  });
});
