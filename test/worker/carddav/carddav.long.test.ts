import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { expect } from 'chai';
import type { Entry } from '../../../domain/book/book-reader.ts';
import { Fault } from '../../../domain/fault.ts';
import { readEntries, uidOfPath } from '../../../worker/carddav/cards.ts';
import { type CollectionState, listCards } from '../../../worker/carddav/listing.ts';
import { type Ask, createDavReader } from '../../../worker/carddav/reader.ts';
import { type Answer, startHostile } from '../../support/servers/carddav.ts';

/** Milliseconds that no server needs which means well. */
const AMPLE = 90_000;
const HEADERS = { 'content-type': 'application/xml; charset=utf-8' };
const LARGEST = 32 * 1024 * 1024;
const SECRET = 'Bearer of-nobody-else';
const BOOK = multistatus('/', '<resourcetype><c:addressbook xmlns:c="urn:ietf:params:xml:ns:carddav"/></resourcetype>');

const CARD = '<c:address-data xmlns:c="urn:ietf:params:xml:ns:carddav"><![CDATA[BEGIN:VCARD...]]></c:address-data>';

/** As sabre/dav says it (RFC 3253, section 3.1.5). */
const NO_REPORT = '<d:error xmlns:d="DAV:"><d:supported-report/></d:error>';
/** Of an address, and of a name. */
const REFUSALS = ['PERMISSION_DENIED', 'UNAVAILABLE'];
const TOKEN = '<sync-token>t</sync-token>';
const NEW: CollectionState = { syncToken: '', etags: '' };
const accessTo = (url: string) => ({
  url,
  credentials: {},
  allow: ['127.0.0.1'],
  limits: { timeout: AMPLE, firstByte: AMPLE, largest: LARGEST },
});

describe('a CardDAV server of its own ways', () => {
  const reader = createDavReader();
  const running: { stop(): void }[] = [];

  afterEach(() => {
    for (const server of running.splice(0)) server.stop();
  });
  after(() => reader.stop());

  /** Answers each request by its method and body, or by a status alone. */
  async function serve(answer: (method: string, body: string, path: string) => string | number): Promise<string> {
    const server = await startHostile(async (path, outgoing, incoming) => {
      let body = '';
      for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
      const said = answer(incoming.method ?? '', body, path);
      if (typeof said === 'number') outgoing.writeHead(said).end();
      else if (said === NO_REPORT) outgoing.writeHead(403, HEADERS).end(said);
      else if (said.startsWith('/')) outgoing.writeHead(301, { location: said }).end();
      else outgoing.writeHead(207, HEADERS).end(said);
    });
    running.push(server);
    return server.origin;
  }
  const read = <T>(url: string, work: (ask: Ask) => Promise<T>) => reader.reading(accessTo(url), AMPLE, work);
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'read',
      (error: unknown) => {
        expect(error).to.be.instanceOf(Fault);
        return (error as Fault).code;
      },
    );

  it('has sync tokens that look like numbers: they come back as they are', async () => {
    const asked: string[] = [];
    const origin = await serve((_, body) => {
      asked.push(/sync-token>([^<]*)</.exec(body)?.[1] ?? '');
      return multistatus('/b/', '').replace('</multistatus>', '<sync-token> 12e7 </sync-token></multistatus>');
    });
    const { state } = await read(`${origin}/b/`, (ask) => listCards(ask, `${origin}/b/`, NEW));
    expect(state.syncToken).to.equal('12e7');
    await read(`${origin}/b/`, (ask) => listCards(ask, `${origin}/b/`, { syncToken: '0x1F & 1', etags: '' }));
    expect(asked).to.deep.equal(['', '0x1F &amp; 1']);
  });

  it('speaks of other places only: that is an error, not an empty book', async () => {
    const origin = await serve((method, body) => {
      const elsewhere = multistatus('/other/a.vcf', '<getetag>"1"</getetag>', 'http://x.example/b/', CARD);
      if (body.includes('sync-collection')) return elsewhere.replace('</multistatus>', `${TOKEN}</multistatus>`);
      return method === 'REPORT' ? elsewhere : 404;
    });
    const url = `${origin}/b/`;
    expect(await codeOf(read(url, (ask) => listCards(ask, url, NEW)))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(read(url, (ask) => ask('cards', url, ['/b/a.vcf'])))).to.equal('INVALID_ARGUMENT');
  });

  it('moves the address book to another path: what it says of the new one is read', async () => {
    const origin = await serve((_, body, path) => {
      if (path === '/b/') return '/moved/b/';
      const listed = multistatus('/moved/b/a.vcf', '<getetag>"1"</getetag>');
      return body.includes('sync-collection') ? listed.replace('</multistatus>', `${TOKEN}</multistatus>`) : 400;
    });
    const url = `${origin}/b/`;
    const { changed } = await read(url, (ask) => listCards(ask, url, NEW));
    expect([...changed]).to.deep.equal(['/moved/b/a.vcf']);
  });

  for (const status of [403, 405, 501])
    it(`says ${status} to sync-collection: its ETags tell what changed`, async () => {
      const etags = new Map([
        ['/b/a.vcf', '"1"'],
        ['/b/b.vcf', '"1"'],
      ]);
      const origin = await serve((method) => {
        if (method === 'REPORT') return status === 403 ? NO_REPORT : status;
        const cards = [...etags].flatMap(([path, etag]) => [path, `<getetag>${etag}</getetag>`]);
        return multistatus('/b/', '<resourcetype/>', ...cards);
      });
      const url = `${origin}/b/`;
      const list = (state: CollectionState) => read(url, (ask) => listCards(ask, url, state));
      const first = await list(NEW);
      expect(first).to.deep.include({ whole: true, changed: new Set(etags.keys()), removed: new Set() });
      etags.set('/b/b.vcf', '"2"').set('/b/c.vcf', 'W/"3"').delete('/b/a.vcf');
      const second = await list(first.state);
      expect(second.whole).to.equal(false);
      expect([...second.changed]).to.deep.equal(['/b/b.vcf', '/b/c.vcf']);
      expect([...second.removed]).to.deep.equal([uidOfPath('/b/a.vcf')]);
      expect((await list(second.state)).changed).to.be.empty;
    });

  it('says 413 to a request for many cards: smaller ones are made, and only a card that is too large alone is passed over', async () => {
    const sizes: number[] = [];
    const origin = await serve((_, body) => {
      const paths = [...body.matchAll(/<d:href>([^<]+)</g)].map(([, path]) => path ?? '');
      sizes.push(paths.length);
      if (paths.length > 2 || paths.includes('/b/3.vcf')) return 413;
      return multistatus(...paths.flatMap((path) => [path, CARD]));
    });
    const url = `${origin}/b/`;
    const paths = Array.from({ length: 8 }, (_, i) => `/b/${i}.vcf`);
    const entries = await read(url, async (ask) => {
      const found: Entry[] = [];
      for await (const entry of readEntries(ask, url, paths)) found.push(entry);
      return found;
    });
    expect(sizes).to.deep.equal([8, 4, 2, 2, 1, 1, 4, 2, 2]);
    expect(entries.map(({ index }) => index)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(entries.filter((entry) => 'reason' in entry && entry.reason?.includes('too large'))).to.have.length(1);
  });

  it('has the address book itself at the well-known place', async () => {
    const origin = await serve((_, __, path) => {
      if (path === '/.well-known/carddav') return '/people/book/';
      return path === '/' ? 404 : BOOK.replace('<href>/</href>', '<href>/people/book/</href>');
    });
    expect(await read(`${origin}/`, (ask) => ask('find', `${origin}/`))).to.equal(`${origin}/people/book/`);
  });

  it('escapes paths now this way, now that, lists what is no card, and pages: each card is read once', async () => {
    const pages = [
      ['/b/a%40b.vcf', '/b/readme.txt'],
      ['/b/c.vcf', '/b/', '/b/sub/', '/other/x.vcf', 'http://x.example/b/y.vcf'],
    ];
    const server = await startHostile((_, outgoing, incoming) => {
      incoming.setEncoding('utf8').once('data', (body: string) => {
        outgoing.writeHead(207, HEADERS);
        if (body.includes('multiget'))
          outgoing.end(multistatus('/b/a@b.vcf', CARD, '/b/readme.txt', '', '/b/c.vcf', CARD));
        else outgoing.end(page(pages[body.includes('t0') ? 1 : 0] ?? [], body.includes('t0') ? 't1' : 't0'));
      });
    });
    running.push(server);
    const url = `${server.origin}/b/`;
    const [listing, entries] = await read(url, async (ask) => {
      const listing = await listCards(ask, url, NEW);
      return [listing, await ask('cards', url, [...listing.changed, '/b/gone.vcf'])] as const;
    });
    expect([...listing.changed]).to.deep.equal(['/b/a%40b.vcf', '/b/readme.txt', '/b/c.vcf']);
    expect(listing).to.deep.include({ whole: true, state: { syncToken: 't1', etags: '' } });
    expect(entries.map(({ text }) => text)).to.deep.equal(['BEGIN:VCARD...', '', 'BEGIN:VCARD...', undefined]);
    expect(uidOfPath('/b/a%40b.vcf')).to.equal(uidOfPath('/b/a@b.vcf'));
  });
});

describe('a CardDAV server that means no good', () => {
  const reader = createDavReader();
  const running: { stop(): void }[] = [];
  const sent: (string | undefined)[] = [];
  let last: Fault | undefined;

  afterEach(() => {
    for (const server of running.splice(0)) server.stop();
    sent.length = 0;
  });
  after(() => reader.stop());

  async function serve(answer: Answer): Promise<string> {
    const server = await startHostile((path, outgoing, incoming) => {
      sent.push(incoming.headers.authorization);
      answer(path, outgoing, incoming);
    });
    running.push(server);
    return server.origin;
  }

  /** How a read of this server ends: the address book that is found, or the code of the fault. */
  async function outcome(url: string, { allow = ['127.0.0.1'], timeout = AMPLE, whole = AMPLE } = {}): Promise<string> {
    const credentials = { bearerToken: SECRET.slice('Bearer '.length) };
    const access = { url, credentials, allow, limits: { timeout, firstByte: timeout, largest: LARGEST } };
    return reader
      .reading(access, whole, (ask) => ask('find', url))
      .catch((error: unknown) => {
        expect(error).to.be.instanceOf(Fault);
        last = error as Fault;
        return last.code;
      });
  }

  it('hangs, or sends a byte now and then: the read ends by itself', async () => {
    const hanging = await serve(() => {});
    const dripping = await serve((_, outgoing) => {
      outgoing.writeHead(207, HEADERS);
      const drip = setInterval(() => outgoing.write(' '), 50);
      outgoing.on('close', () => clearInterval(drip));
    });
    for (const origin of [hanging, dripping])
      expect(await outcome(`${origin}/book/`, { timeout: 500 })).to.equal('UNAVAILABLE');
    expect(await outcome(`${hanging}/book/`, { whole: 500 })).to.equal('UNAVAILABLE');
  });

  it('sends without end: the read stops at the limit', async () => {
    let bytes = 0;
    const origin = await serve((_, outgoing) => {
      outgoing.writeHead(207, HEADERS).on('error', () => {});
      outgoing.write('<m>');
      const more = () => {
        while (!outgoing.destroyed && outgoing.write('<a/>'.repeat(16_384))) bytes += 65_536;
      };
      outgoing.on('drain', more);
      more();
    });
    expect(await outcome(`${origin}/book/`)).to.equal('PAYLOAD_TOO_LARGE');
    expect(bytes).to.be.lessThan(2 * LARGEST);
  });

  it('sends a billion laughs, or names a file: no document type definition is read', async () => {
    const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
    const laughs = `<!DOCTYPE m [<!ENTITY l0 "lol">${entities}]>${BOOK.replace('/</href>', '&l9;</href>')}`;
    const file = `<!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/passwd">]>${BOOK.replace('/</href>', '&f;</href>')}`;
    for (const text of [laughs, file, `<?xml version="1.0"?>\n<!-- <a/> -->\n${laughs}`]) {
      const origin = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end(text));
      expect(await outcome(`${origin}/book/`)).to.equal('INVALID_ARGUMENT');
      expect(last?.message).to.contain('document type definition');
    }
  });

  it('sends XML that would take any memory or time to read: it is refused while it comes, and others are read beside it', async () => {
    // Made one by one: a reader that waits too long for its thread, because nothing else runs meanwhile, ends it.
    const answers: [what: string, text: () => string][] = [
      ['depth', () => '<a>'.repeat(10_000_000)],
      ['attributes', () => `<a ${numbered(1_000_000, (i) => `a${i}=""`)}/>`],
      ['namespaces', () => `<a ${numbered(100_000, (i) => `xmlns:n${i}="u:${i}"`)}/>`],
      ['resources', () => `<multistatus xmlns="DAV:">${'<response/>'.repeat(110_000)}</multistatus>`],
      ['elements', () => `<a>${'<b/>'.repeat(510_000)}</a>`],
      ['a text', () => `<a>${'x'.repeat(10_000_000)}</a>`],
      ['a name', () => `<${'x'.repeat(10_000_000)}/>`],
      ['an address', () => multistatus('x'.repeat(9_000), '')],
      ['an ETag', () => multistatus('/book/', `<getetag>${'x'.repeat(9_000)}</getetag>`)],
      ['a token', () => `<multistatus xmlns="DAV:"><sync-token>${'x'.repeat(9_000)}</sync-token></multistatus>`],
    ];
    const honest = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end(BOOK));
    for (const [what, make] of answers) {
      const text = make();
      const hostile = await serve((_, outgoing) =>
        outgoing
          .writeHead(207, HEADERS)
          .on('error', () => {})
          .end(text),
      );
      const [refused, read] = await Promise.all([outcome(`${hostile}/book/`), outcome(`${honest}/`)]);
      expect(refused, what).to.equal('PAYLOAD_TOO_LARGE');
      expect(read, what).to.equal(`${honest}/`);
    }
    const names = numbered(200_000, (i) => `<a${i}>x</a${i}>`);
    const wide = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end(multistatus('/', names)));
    expect(await outcome(`${wide}/book/`)).to.equal('NOT_FOUND');
  });

  it('sends what is no XML, or breaks off: the read says so', async () => {
    for (const text of [
      '',
      '<multistatus><response></multistatus>',
      '\0\0',
      '{"a": 1}',
      '<html><body>Welcome</body></html>',
    ]) {
      const origin = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end(text));
      expect(await outcome(`${origin}/book/`), text).to.be.oneOf(['INVALID_ARGUMENT', 'NOT_FOUND']);
    }
    const broken = await serve((_, outgoing) => {
      outgoing.writeHead(207, { ...HEADERS, 'content-length': '1000' }).write('<multistatus>');
      setTimeout(() => outgoing.destroy(), 20);
    });
    expect(await outcome(`${broken}/book/`)).to.equal('UNAVAILABLE');
  });

  it('leads to an internal address, by redirect, by name or in its answer: nobody connects to it', async () => {
    const inside = await listening('127.0.0.2');
    running.push({ stop: () => inside.server.close() });
    const to = (location: string) => serve((_, outgoing) => outgoing.writeHead(302, { location }).end());
    const { port } = inside.server.address() as AddressInfo;
    const targets = [`http://127.0.0.2:${port}/`, `https://127.0.0.2:${port}/`, `http://[::ffff:127.0.0.2]:${port}/`];
    for (const target of [...targets, `http://2130706434:${port}/`])
      expect(await outcome(`${await to(target)}/book/`), target).to.equal('PERMISSION_DENIED');
    const principal = `<current-user-principal><href>${targets[0]}</href></current-user-principal>`;
    const telling = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end(multistatus('/', principal)));
    expect(await outcome(`${telling}/book/`)).to.equal('PERMISSION_DENIED');
    for (const target of [
      ...targets,
      `https://localhost:${port}/`,
      `http://localhost:${port}/`,
      'https://[::1]/',
      'https://0.0.0.0/',
    ])
      expect(await outcome(target, { allow: ['127.0.0.3', 'fd00::/8'] }), target).to.be.oneOf(REFUSALS);
    expect(inside.connections()).to.equal(0);
    expect(await outcome(`http://127.0.0.2:${port}/book/`, { allow: ['127.0.0.0/8'] })).to.equal('UNAVAILABLE');
    expect(inside.connections(), 'the trap works').to.be.greaterThan(0);
  });

  it('has a name that nobody has, or one of an internal address: both are refused in the same words', async () => {
    const said = new Set<string>();
    for (const host of ['localhost', 'no-such-host.invalid', 'elsewhere.localhost']) {
      expect(await outcome(`https://${host}/book/`, { allow: [] }), host).to.equal('UNAVAILABLE');
      said.add(last?.message ?? '');
    }
    expect([...said]).to.have.length(1);
    expect([...said][0]).to.contain('no address that may be read');
  });

  it('leads to another server: that one is not given the credentials', async () => {
    const other = await serve((_, outgoing, { headers }) => {
      if (headers.authorization) outgoing.writeHead(207, HEADERS).end(BOOK);
      else outgoing.writeHead(401).end();
    });
    const first = await serve((_, outgoing) => outgoing.writeHead(301, { location: `${other}/book/` }).end());
    expect(await outcome(`${first}/book/`)).to.equal('UNAUTHENTICATED');
    expect(sent).to.deep.equal([SECRET, undefined]);
  });

  it('leads in circles, or to what is no web at all: the read gives up', async () => {
    let hops = 0;
    const circle = await serve((_, outgoing) => {
      hops += 1;
      outgoing.writeHead(307, { location: '/again' }).end();
    });
    expect(await outcome(`${circle}/book/`)).to.equal('UNAVAILABLE');
    expect(hops).to.equal(6);
    for (const location of ['file:///etc/passwd', 'gopher://127.0.0.1/', 'http://a:b@127.0.0.1/', 'http://']) {
      const origin = await serve((_, outgoing) => outgoing.writeHead(302, { location }).end());
      expect(await outcome(`${origin}/book/`), location).to.equal('INVALID_ARGUMENT');
    }
  });
});

/** An answer about resources: a path and its properties, and so on. */
function numbered(count: number, of: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => of(i)).join(' ');
}

function multistatus(...resources: string[]): string {
  const responses = resources.map((text, i) =>
    i % 2 === 0
      ? `<response><href>${text}</href>`
      : `<propstat><prop>${text}</prop><status>HTTP/1.1 200 OK</status></propstat></response>`,
  );
  return `<multistatus xmlns="DAV:">${responses.join('')}</multistatus>`;
}

/** A page of what there is; the first one says that there is more. */
function page(paths: string[], token: string): string {
  const more =
    token === 't0' ? '<response><href>/b/</href><status>HTTP/1.1 507 Insufficient Storage</status></response>' : '';
  const listed = multistatus(...paths.flatMap((path) => [path, '<getetag>"1"</getetag>']));
  return listed.replace('</multistatus>', `${more}<sync-token>${token}</sync-token></multistatus>`);
}

/** A server that counts who connects and breaks off. */
async function listening(host: string): Promise<{ server: Server; connections(): number }> {
  let connections = 0;
  const server = createServer((_, outgoing) => outgoing.destroy()).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { server, connections: () => connections };
}
