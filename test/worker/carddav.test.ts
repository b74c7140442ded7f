import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { expect } from 'chai';
import { Fault } from '../../domain/fault.ts';
import { uidOfPath } from '../../worker/carddav/cards.ts';
import { listCards } from '../../worker/carddav/listing.ts';
import { createDavThreads } from '../../worker/carddav/threads.ts';
import { type Answer, startHostile } from '../support/carddav.ts';

/** Milliseconds that no server needs which means well. */
const AMPLE = 90_000;
const HEADERS = { 'content-type': 'application/xml; charset=utf-8' };
const LARGEST = 32 * 1024 * 1024;
const SECRET = 'Bearer of-nobody-else';
const BOOK = multistatus('/', '<resourcetype><c:addressbook xmlns:c="urn:ietf:params:xml:ns:carddav"/></resourcetype>');

const CARD = '<c:address-data xmlns:c="urn:ietf:params:xml:ns:carddav"><![CDATA[BEGIN:VCARD...]]></c:address-data>';

describe('a CardDAV server of its own ways', () => {
  const threads = createDavThreads();
  after(() => threads.stop());

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
    const url = `${server.origin}/b/`;
    const access = {
      url,
      authorization: undefined,
      allow: ['127.0.0.1'],
      limits: { timeout: AMPLE, largest: LARGEST },
    };
    const [listing, entries] = await threads.reading(access, AMPLE, async (ask) => {
      const listing = await listCards(ask, url, '');
      return [listing, await ask('cards', url, [...listing.changed, '/b/gone.vcf'])] as const;
    });
    server.stop();
    expect([...listing.changed]).to.deep.equal(['/b/a%40b.vcf', '/b/readme.txt', '/b/c.vcf']);
    expect(listing).to.include({ whole: true, syncToken: 't1' });
    expect(entries.map(({ text }) => text)).to.deep.equal(['BEGIN:VCARD...', '', 'BEGIN:VCARD...', undefined]);
    expect(uidOfPath('/b/a%40b.vcf')).to.equal(uidOfPath('/b/a@b.vcf'));
  });
});

describe('a CardDAV server that means no good', () => {
  const threads = createDavThreads();
  const running: { stop(): void }[] = [];
  const sent: (string | undefined)[] = [];
  let last: Fault | undefined;

  afterEach(() => {
    for (const server of running.splice(0)) server.stop();
    sent.length = 0;
  });
  after(() => threads.stop());

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
    const access = { url, authorization: SECRET, allow, limits: { timeout, largest: LARGEST } };
    return threads
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
  });

  it('sends without end: the read stops at the limit', async () => {
    let bytes = 0;
    const origin = await serve((_, outgoing) => {
      outgoing.writeHead(207, HEADERS).on('error', () => {});
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

  it('sends XML that takes any memory or time to read: only its own thread is lost', async () => {
    const deep = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end('<a>'.repeat(10_000_000)));
    expect(await outcome(`${deep}/book/`)).to.equal('PAYLOAD_TOO_LARGE');
    const names = Array.from({ length: 200_000 }, (_, i) => `<a${i}>x</a${i}>`).join('');
    const wide = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end(multistatus('/', names)));
    expect(await outcome(`${wide}/book/`, { whole: 1_500 })).to.equal('UNAVAILABLE');
    const honest = await serve((_, outgoing) => outgoing.writeHead(207, HEADERS).end(BOOK));
    expect(await outcome(`${honest}/book/`)).to.equal(`${honest}/book/`);
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
      expect(await outcome(target, { allow: ['127.0.0.3', 'fd00::/8'] }), target).to.equal('PERMISSION_DENIED');
    expect(inside.connections()).to.equal(0);
    expect(await outcome(`http://127.0.0.2:${port}/book/`, { allow: ['127.0.0.0/8'] })).to.equal('UNAVAILABLE');
    expect(inside.connections(), 'the trap works').to.be.greaterThan(0);
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
