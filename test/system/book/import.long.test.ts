import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createKeys } from '../../../store/base/keys.ts';
import { createApi } from '../../support/api.ts';
import { runEarshot, startEarshot } from '../../support/earshot-command.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestStack, useStack, withRedis } from '../../support/stack.ts';
import { connectFriend, letsIn } from '../../support/xmpp/friend-client.ts';

type Report = {
  row: number;
  outcome: string;
  subscriberId?: string;
  password?: string;
  code?: string;
  detail?: string;
};

describe('earshot import', () => {
  const stack = useStack();
  const api = createApi(stack);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-import-'));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const settings = () => ({ EARSHOT_URL: stack.gatewayUrl, EARSHOT_OPERATOR_KEY: stack.operatorKey });
  const start = (...args: string[]) => startEarshot(args, settings());
  const run = (...args: string[]) => runEarshot(args, settings());

  async function fileOf(name: string, lines: unknown[]): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    return path;
  }

  async function reports(file: string): Promise<Report[]> {
    return (await readFile(`${file}.report.ndjson`, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  const number = (n: number) => `+8613600${String(n).padStart(6, '0')}`;

  it('adds and updates what it can, refuses the rest by row, and changes nothing the second time', async () => {
    const file = await fileOf('mixed.ndjson', [
      { phoneNumber: number(1), displayName: 'One' },
      { phoneNumber: number(2), jid: 'two@op.example' },
      'no JSON',
      '',
      { phoneNumber: '12345' },
      { phoneNumber: number(1), displayName: 'One, renamed' },
      { phoneNumber: number(2), jid: 'another@op.example' },
      { phoneNumber: number(3), colour: 'red' },
    ]);
    const dry = await run('import', file, '--dry-run', '--json');
    expect(JSON.parse(dry.out), dry.err).to.include({ dryRun: true, refused: 3, created: 4 });
    await api.expectStatus(404, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: number(1) }));

    const first = await run('import', file, '--json');
    expect(JSON.parse(first.out), first.err).to.include({ created: 2, updated: 1, refused: 4 });
    expect(first.code).to.equal(1);
    const [one, two, noJson, short] = await reports(file);
    expect(one).to.include({ row: 1, outcome: 'created' }).and.to.have.property('password');
    expect(two).to.include({ row: 2, outcome: 'created' }).and.not.to.have.property('password');
    expect([noJson, short]).to.deep.equal([
      { row: 3, outcome: 'refused', code: 'INVALID_ARGUMENT', detail: 'The line is no JSON.' },
      { row: 4, outcome: 'refused', code: 'INVALID_ARGUMENT', detail: short?.detail },
    ]);

    await rm(`${file}.report.ndjson`);
    const again = await run('import', file, '--json');
    expect(JSON.parse(again.out)).to.include({ created: 0 });
    expect((await reports(file)).map(({ outcome }) => outcome)).to.not.include('created');
  });

  it('takes CSV as spreadsheets write it', async () => {
    const file = await fileOf('sheet.csv', [
      '\ufeffDisplayName;PhoneNumber;Comment;JID',
      `"Li; ""Bob""";${number(10)};"two\nlines";bob@op.example`,
      `;${number(11)};;eleven@op.example`,
      'Nobody;;;',
      '',
    ]);
    const { out, err } = await run('import', file, '--json');
    expect(JSON.parse(out || '{}'), err).to.include({ created: 2, refused: 1 });
    const { body } = await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: number(10) });
    expect(body).to.include({ displayName: 'Li; "Bob"', jid: 'bob@op.example' });
    const noHeader = await fileOf('none.csv', [`${number(12)};Nobody`]);
    expect((await run('import', noHeader)).err).to.match(/must name its columns: phoneNumber/);
  });

  it('takes further numbers, as a list or in a column, and changes them only where the row names them', async () => {
    const others = async (n: number) =>
      (await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: number(n) })).body.otherPhoneNumbers;
    const lines = [
      { phoneNumber: number(20), otherPhoneNumbers: [number(21), number(22)], jid: 'twenty@op.example' },
      { phoneNumber: number(23), otherPhoneNumbers: number(24), jid: 'refused@op.example' },
      { phoneNumber: number(25), otherPhoneNumbers: ['12'], jid: 'refused@op.example' },
    ];
    const file = await fileOf('several.ndjson', lines);
    expect(JSON.parse((await run('import', file, '--json')).out)).to.include({ created: 1, refused: 2 });
    expect(await others(20)).to.deep.equal([number(21), number(22)]);
    expect((await reports(file)).map(({ detail }) => detail ?? '').join(' ')).to.match(/no list.*Each of other/);
    const taken = await fileOf('taken.ndjson', [
      { phoneNumber: number(26), otherPhoneNumbers: [number(21)], jid: 'refused@op.example' },
    ]);
    await run('import', taken);
    expect((await reports(taken))[0]).to.include({ outcome: 'refused', code: 'ALREADY_EXISTS' });
    const sheet = await fileOf('several.csv', [
      'phoneNumber,otherPhoneNumbers,displayName,jid',
      `${number(20)},,Twenty,`,
      `${number(27)},"${number(28)}, ${number(29).replace('+86', '+86 ')}",Twenty-seven,27@op.example`,
    ]);
    expect(JSON.parse((await run('import', sheet, '--json')).out)).to.include({ created: 1, updated: 1 });
    expect(await others(20)).to.deep.equal([number(21), number(22)]);
    expect(await others(27)).to.deep.equal([number(28), number(29)]);
    const fewer = await fileOf('fewer.ndjson', [{ phoneNumber: number(20), otherPhoneNumbers: [] }]);
    expect(JSON.parse((await run('import', fewer, '--json')).out)).to.include({ updated: 1 });
    expect(await others(22)).to.equal(undefined);
    expect((await run('subscriber', 'show', number(28))).out).to.match(/otherPhoneNumbers +\+86.*, \+86/);
  });

  // Before the large files: whoever leaves waits behind all whom the component is still to listen to.
  it('makes no account for who is erased meanwhile, and keeps none', async () => {
    await stack.kill('component');
    const rows = Array.from({ length: 4 }, (_, i) => `${JSON.stringify({ phoneNumber: number(6000 + i) })}\n`);
    const lines = { 'content-type': 'application/x-ndjson' };
    const answer = await api.expectStatus(200, api.call('POST', '/v1/imports', rows.join(''), lines));
    const made = answer.text.split('\n').slice(0, 4);
    const ids = made.map((line) => (JSON.parse(line) as Report).subscriberId ?? '');
    const [keys, jids] = [createKeys('earshot'), new Map<string, string>()];
    await withRedis(stack, async (redis) => {
      for (const id of ids) jids.set(id, (await redis.hGet(keys.subscriber(id), 'jid')) ?? '');
    });
    // Of one while nothing is made, of the other as soon as something is.
    const erase = (id = '') => api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${id}`));
    await erase(ids[0]);
    await stack.restart('component');
    await erase(ids[1]);
    await eventually(async () => {
      const { body } = await api.expectStatus(200, api.call('GET', answer.headers.get('location') ?? ''));
      expect(body).to.include({ state: 'done' });
    });
    await eventually(() =>
      withRedis(stack, async (redis) => {
        for (const id of ids.slice(0, 2)) expect(await redis.exists(keys.subscriber(id))).to.equal(0);
      }),
    );
    for (const [i, id] of ids.entries()) {
      const { password = '' } = JSON.parse(made[i] ?? '') as Report;
      expect(await letsIn(stack, { jid: jids.get(id) ?? '', password }), `account ${i}`).to.equal(i > 1);
    }
  });

  it('goes on when the gateway is killed in the middle, and loses no row', async () => {
    const file = await fileOf(
      'crash.ndjson',
      Array.from({ length: 2_000 }, (_, i) => ({ phoneNumber: number(10_000 + i), jid: `crash${i}@op.example` })),
    );
    const running = run('import', file, '--json');
    await eventually(async () => expect((await reports(file)).length).to.be.greaterThan(0));
    await stack.kill('gateway');
    await stack.restart('gateway');
    const { out, err } = await running;
    const counts = JSON.parse(out || '{}');
    expect(counts.created + counts.unchanged, `${out}${err}`).to.equal(2_000);
    expect((await reports(file)).map(({ row }) => row)).to.deep.equal(Array.from({ length: 2_000 }, (_, i) => i + 1));
  });

  it('goes on where it was when it was killed itself', async () => {
    const file = await fileOf(
      'resume.ndjson',
      Array.from({ length: 3_000 }, (_, i) => ({ phoneNumber: number(20_000 + i), jid: `resume${i}@op.example` })),
    );
    const child = start('import', file);
    await eventually(async () =>
      expect(JSON.parse(await readFile(`${file}.progress`, 'utf8')).row).to.be.greaterThan(0),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { row } = JSON.parse(await readFile(`${file}.progress`, 'utf8'));
    const { out } = await run('import', file, '--json');
    const counts = JSON.parse(out);
    expect(counts.created + counts.unchanged).to.equal(3_000 - row);
    await api.expectStatus(200, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: number(22_999) }));
  });

  it('is told the passwords again that it has made and whose report was lost', async () => {
    const file = await fileOf(
      'passwords.ndjson',
      Array.from({ length: 6 }, (_, i) => ({ phoneNumber: number(3000 + i), displayName: `${i}` })),
    );
    const first = JSON.parse((await run('import', file, '--json')).out);
    expect(first).to.include({ created: 6 });
    const before = await reports(file);
    const key = 'a-key-of-this-import';
    const lines = { 'content-type': 'application/x-ndjson', 'idempotency-key': key };
    const rows = [3010, 3011].map((n) => `${JSON.stringify({ phoneNumber: number(n) })}\n`).join('');
    const send = async (headers: Record<string, string>) => {
      const { text } = await api.expectStatus(200, api.call('POST', '/v1/imports', rows, headers));
      return (
        text
          .split('\n')
          .filter(Boolean)
          .slice(0, 2)
          .map((line) => JSON.parse(line) as Report & { account?: string })
          // It may have been made between the two.
          .map(({ account, ...report }) => report)
      );
    };
    const made = await send(lines);
    expect(made.map(({ outcome }) => outcome)).to.deep.equal(['created', 'created']);
    expect(await send(lines)).to.deep.equal(made);
    const other = await send({ ...lines, 'idempotency-key': 'another' });
    expect(other.map(({ outcome, password }) => [outcome, password])).to.deep.equal([
      ['unchanged', undefined],
      ['unchanged', undefined],
    ]);
    // The whole file again, as by a run that died before it wrote a report down.
    const { size, mtimeMs } = await stat(file);
    await writeFile(`${file}.progress`, JSON.stringify({ size, mtimeMs, row: 0, key }));
    expect(JSON.parse((await run('import', file, '--json')).out)).to.include({ unchanged: 6 });
    expect(before.every(({ password }) => password !== undefined)).to.equal(true);
    await api.expectStatus(400, api.call('POST', '/v1/imports', rows, { ...lines, 'idempotency-key': 'a b' }));
  });

  it('keeps one key over all its runs, so that nothing that it made is lost when it is killed', async () => {
    const file = await fileOf(
      'killed.ndjson',
      Array.from({ length: 800 }, (_, i) => ({ phoneNumber: number(4000 + i) })),
    );
    const child = start('import', file);
    await eventually(async () => {
      expect(JSON.parse(await readFile(`${file}.progress`, 'utf8')).key).to.be.a('string');
      const { status } = await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: number(4010) });
      expect(status).to.be.oneOf([200, 409]);
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await run('import', file, '--json');
    const told = new Map((await reports(file)).map(({ subscriberId, password }) => [subscriberId, password]));
    expect(told.size).to.equal(800);
    expect([...told.values()].filter((password) => password === undefined)).to.deep.equal([]);
  });

  it('makes accounts beside, every one of them, also when the component is killed while it makes them', async () => {
    await stack.kill('component');
    const rows = Array.from({ length: 60 }, (_, i) => `${JSON.stringify({ phoneNumber: number(5000 + i) })}\n`);
    const lines = { 'content-type': 'application/x-ndjson' };
    const answer = await api.expectStatus(200, api.call('POST', '/v1/imports', rows.join(''), lines));
    const told = answer.text.split('\n').slice(0, 60);
    const made = told.map((line) => JSON.parse(line) as Report & { account?: string });
    expect(new Set(made.map(({ outcome, account }) => `${outcome} ${account}`))).to.deep.equal(
      new Set(['created waiting']),
    );
    const progress = async () => {
      const { body } = await api.expectStatus(200, api.call('GET', answer.headers.get('location') ?? ''));
      return body as unknown as { state: string; accounts: Record<string, number> };
    };
    expect((await progress()).accounts).to.include({ ordered: 60, waiting: 60, made: 0 });
    await stack.restart('component');
    await eventually(async () => expect((await progress()).accounts.made).to.be.greaterThan(0));
    await stack.kill('component');
    await stack.restart('component');
    await eventually(async () => expect(await progress()).to.include({ state: 'done' }));
    expect((await progress()).accounts).to.deep.include({ ordered: 60, waiting: 0, made: 60, failed: 0 });
    for (const { subscriberId, password = '' } of [...made.slice(0, 2), ...made.slice(-2)]) {
      const { body } = await api.expectStatus(200, api.call('GET', `/v1/subscribers/${subscriberId}`));
      const client = await connectFriend(stack, { jid: String(body.jid), password });
      await client.leave();
    }
  });

  it('says plainly what is wrong with its words, its file and its key', async () => {
    expect(await run('import'))
      .to.include({ code: 2 })
      .with.property('err')
      .that.contains('Usage:');
    expect((await run('import', join(folder, 'absent.ndjson'))).err).to.match(/absent\.ndjson cannot be read/);
    expect((await run('fly')).err).to.contain('Usage:');
    expect((await run('status', '--quickly')).err).to.contain('--quickly');
  });

  it('has company: status and subscriber show, for people and for programs', async () => {
    expect(await run('status')).to.deep.include({ code: 0, out: 'ready\n' });
    const shown = await run('subscriber', 'show', number(2), '--json');
    expect(JSON.parse(shown.out)).to.include({ jid: 'two@op.example', friends: 0, nowPlaying: null });
    expect((await run('subscriber', 'show', JSON.parse(shown.out).subscriberId)).out).to.match(/jid\s+two@op\.example/);
    const absent = await run('subscriber', 'show', '+8613699999999');
    expect(absent).to.deep.include({ code: 2, err: 'No subscriber has this number. (NOT_FOUND)\n' });
  });
});

describe('POST /v1/imports', () => {
  it('takes JSON lines and CSV, from the operator only, and reports while it reads', async () => {
    const stack = await startTestStack();
    try {
      const api = createApi(stack);
      const lines = { 'content-type': 'application/x-ndjson' };
      expect((await api.call('POST', '/v1/imports', { phoneNumber: '+8613600000001' })).body.code).to.equal(
        'UNSUPPORTED_MEDIA_TYPE',
      );
      expect((await api.call('POST', '/v1/imports')).body.code).to.equal('INVALID_ARGUMENT');
      expect((await api.call('POST', '/v1/imports', '', { ...lines, authorization: 'Bearer nobody' })).status).to.equal(
        401,
      );
      expect((await api.call('POST', '/v1/imports?dryRun=maybe', '', lines)).status).to.equal(400);
      const noHeader = await api.expectStatus(
        200,
        api.call('POST', '/v1/imports', 'nothing\n', { 'content-type': 'text/csv' }),
      );
      expect(JSON.parse(noHeader.text).stopped).to.include({ row: 0, code: 'INVALID_ARGUMENT' });
      const { text } = await api.expectStatus(
        200,
        api.call('POST', '/v1/imports', '{"phoneNumber":"+8613600000001","jid":"a@op.example"}\n{', lines),
      );
      expect(
        text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).outcome ?? JSON.parse(line).counts),
      ).to.deep.equal(['created', 'refused', { created: 1, updated: 0, unchanged: 0, refused: 1 }]);
    } finally {
      await stack.stop();
    }
  });
});
