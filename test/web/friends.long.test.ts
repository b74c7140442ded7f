import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { HTTPRequest, Page } from 'puppeteer-core';
import { projectRoot } from '../../local/project-root.ts';
import { type Api, createApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { startTestStack } from '../support/stack.ts';
import { see, startBrowser, type Tab, type TabOptions } from './browser.ts';
import {
  breachesEverywhere,
  expectNoTrouble,
  focused,
  hasFocus,
  isGone,
  press,
  pressAt,
  says,
  sideways,
  textOf,
} from './looking.ts';
import { playedFor, rewritePlaying } from './playing.ts';
import { type Scene, setScene } from './scene.ts';

const SEARCH = 'https://search.example/find?q={artist}%20{title}&from=earshot';
const BOB = 'Bob Chen 🎸';
const DOCS = join(projectRoot(), 'docs', 'screenshots');
/** Bytes of a picture in the docs. */
const LARGEST_PICTURE = 200_000;
const PICTURES: Record<string, TabOptions> = {
  'phone-light': { width: 390, height: 844 },
  'phone-dark': { width: 390, height: 844, dark: true },
  'phone-chinese': { width: 390, height: 844, language: 'zh-Hans' },
  desktop: { width: 1280, height: 860 },
};

describe('the friends page, in a browser', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  let api: Api;
  let scene: Scene;
  let tab: Tab;

  before(async () => {
    [stack, browser] = await Promise.all([
      startTestStack({ policy: 'either', env: { EARSHOT_SEARCH_URL: SEARCH, EARSHOT_PUBLISH_INTERVAL_MS: '0' } }),
      startBrowser(),
    ]);
    api = createApi(stack);
    scene = await setScene(stack, api);
    tab = await open();
  });

  after(async () => {
    await scene?.end();
    await browser?.stop();
    await stack?.stop();
  });

  async function open(options: TabOptions = {}): Promise<Tab> {
    const opened = await browser.open(`${stack.gatewayUrl}/#token=${scene.alice.token}`, options);
    await opened.page.waitForSelector('.friend');
    // What the page asks for beside the friends is there, too.
    await opened.page.waitForSelector('.mine [role="switch"]:enabled');
    return opened;
  }
  const names = (page: Page) => page.$$eval('.friend h3', (found) => found.map((one) => one.textContent));
  const rowOf = (person: { id: string }) => `[data-friend="${person.id}"]`;
  const goTo = (page: Page, view: string) => pressAt(page, `nav a[href="#/${view}"]`);

  it('takes the token out of the address at once, and no server has seen it there', async () => {
    expect(tab.page.url()).to.equal(`${stack.gatewayUrl}/`);
    for (const url of tab.requests.map((one) => new URL(one)))
      expect(url.pathname + url.search).to.not.contain(scene.alice.token);
    await tab.page.goBack({ timeout: 1_000 }).catch(() => {});
    expect(tab.page.url()).to.not.contain(scene.alice.token);
    await tab.close();
    tab = await open();
  });

  it('shows friends as the own book has them, the newest tune first, then who is there, by name', async () => {
    // Who is there, and what they say of themselves, may be told after the page has begun.
    await eventually(async () => {
      expect(await names(tab.page)).to.deep.equal([BOB, '刘晓', 'Mum ❤️', 'Dora Lindqvist', 'Emre Yılmaz', '方晴']);
      const signs = await tab.page.$$eval('.dot', (dots) => dots.map((dot) => dot.getAttribute('aria-label')));
      expect(signs).to.deep.equal(['Online', 'Online', 'Offline', 'Away', 'Busy', 'Offline']);
      expect(await textOf(tab.page, rowOf(scene.friends.bob))).to.contain('Practising for Thursday');
    });
    const bob = await textOf(tab.page, rowOf(scene.friends.bob));
    expect(bob).to.contain('Clair de lune').and.contain('Claude Debussy').and.contain('5:02');
    await eventually(async () => {
      const picture = `${rowOf(scene.friends.bob)} img`;
      expect(await tab.page.$eval(picture, (image) => (image as HTMLImageElement).naturalWidth)).to.equal(96);
    });
    expect(await textOf(tab.page, `${rowOf(scene.friends.dora)} .initials`)).to.equal('DL');
  });

  it('lets the bar run, and counts up where nobody knows the length', async () => {
    const played = async () => {
      const [minutes = 0, seconds = 0] = (await textOf(tab.page, `${rowOf(scene.friends.bob)} .played`))
        .split(':')
        .map(Number);
      return minutes * 60 + seconds;
    };
    const share = () =>
      tab.page.$eval(`${rowOf(scene.friends.bob)} .bar span`, (bar) =>
        Number((bar as HTMLElement).style.getPropertyValue('--share')),
      );
    const [before, shareBefore] = [await played(), await share()];
    await eventually(async () => expect(await played()).to.be.greaterThan(before));
    await eventually(async () => expect(await share()).to.be.greaterThan(shareBefore));
    expect(await share()).to.be.closeTo((await played()) / 302, 0.02);
    expect(await textOf(tab.page, `${rowOf(scene.friends.carol)} .times`)).to.match(/^for \d:\d\d$/);
  });

  it('shows at once what a friend begins to play, says so aloud, and when it stops', async () => {
    const { emre } = scene.friends;
    await api.play(emre, { title: 'Uzun ince bir yoldayım', artist: 'Âşık Veysel', length: 240 });
    await says(tab.page, rowOf(emre), 'Uzun ince bir yoldayım');
    expect((await names(tab.page))[0]).to.equal('Emre Yılmaz');
    await says(tab.page, '[data-announcer]', 'Emre Yılmaz plays Uzun ince bir yoldayım');
    await api.stop(emre);
    await isGone(tab.page, `${rowOf(emre)} .tune`);
    await eventually(async () => expect((await names(tab.page))[0]).to.equal(BOB));
  });

  it('follows what friends’ clients say about them', async () => {
    const { dora } = scene.friends;
    await scene.clients.dora?.appear({ show: 'dnd', status: 'In the dining car' });
    await says(tab.page, rowOf(dora), 'In the dining car');
    await tab.page.waitForSelector(`${rowOf(dora)} .dot.busy[aria-label="Busy"]`);
    await scene.clients.dora?.appear({ show: 'away', status: 'On the night train to Vienna' });
    await tab.page.waitForSelector(`${rowOf(dora)} .dot.away`);
  });

  it('tells what is popular among friends, and not among whom', async () => {
    await eventually(async () => {
      const lines = await tab.page.$$eval('.popular li', (items) => items.map((item) => item.textContent));
      expect(lines).to.deep.equal(['茉莉花江苏民歌4 friendsFind', 'Gymnopédie No. 1Erik Satie3 friendsFind']);
    });
  });

  it('opens only what is a web address, and finds by the template, whatever stands in a title', async () => {
    const { fang } = scene.friends;
    const [open, find] = ['Open', 'Find'].map((word) => `${rowOf(fang)} a[aria-label^="${word}"]`) as [string, string];
    const hostile = [
      { title: '"><img src=x onerror=alert(1)>', uri: 'spotify:track:1' },
      { title: 'a&b=c#d?e/../f {artist} {title}', artist: '{title}&x=1', uri: 'tidal://track/1' },
      { title: '\u202Egnp.exe 🎼 العربية', artist: '<b>bold</b>' },
      { title: '😀'.repeat(300), uri: 'deezer:track:1' },
    ];
    for (const tune of hostile) {
      await api.play(fang, tune);
      // The door takes what reorders text out of titles.
      const [title, artist] = [tune.title, tune.artist ?? ''].map((text) => text.replace('\u202E', ''));
      await eventually(async () => expect(await textOf(tab.page, `${rowOf(fang)} .title`)).to.equal(title));
      expect(await tab.page.$(open)).to.equal(null);
      const href = await tab.page.$eval(find, (link) => link.getAttribute('href') ?? '');
      const url = new URL(href);
      expect([...url.searchParams]).to.deep.equal([
        ['q', `${artist} ${title}`],
        ['from', 'earshot'],
      ]);
      expect([url.origin, url.pathname, url.hash]).to.deep.equal(['https://search.example', '/find', '']);
      expect(await tab.page.$$(`${rowOf(fang)} .tune :is(img, script, b)`)).to.deep.equal([]);
    }
    await api.play(fang, { title: 'A quiet piece', uri: 'https://music.example/quiet?a=1&b=2' });
    const link = await tab.page.waitForSelector(open);
    const attributes = await link?.evaluate((a) => [
      a.getAttribute('href'),
      a.getAttribute('rel'),
      a.getAttribute('target'),
    ]);
    expect(attributes).to.deep.equal(['https://music.example/quiet?a=1&b=2', 'noopener noreferrer', '_blank']);
    await api.stop(fang);
    await isGone(tab.page, `${rowOf(fang)} .tune`);
  });

  it('does not open what the door would refuse, were it kept all the same', async () => {
    const { fang } = scene.friends;
    await api.play(fang, { title: 'A trap', uri: 'https://music.example/' });
    await rewritePlaying(stack, fang, ({ tune }) => ({ tune: { ...tune, uri: 'javascript:alert(document.domain)' } }));
    const { page, close } = await open();
    await says(page, rowOf(fang), 'A trap');
    expect(await page.$$eval(`${rowOf(fang)} a`, (links) => links.map(({ protocol }) => protocol))).to.deep.equal([
      'https:',
    ]);
    await api.stop(fang);
    await close();
  });

  it('shows what I share, and stops it', async () => {
    await api.play(scene.alice, { title: 'Jóga', artist: 'Björk', source: 'Homogenic', length: 305, device: 'phone' });
    await tab.page.reload();
    await says(tab.page, '.mine', /Jóga[\s\S]*Your friends see it · From phone/);
    await press(tab.page, 'Stop sharing it');
    await says(tab.page, '.mine', 'Nothing is playing on your devices.');
    await api.expectStatus(204, api.call('GET', api.path(scene.alice, 'now-playing')));
  });

  it('keeps to itself for an hour with the private session, and leaves all other settings', async () => {
    const settings = { discoverable: true, audience: 'friends', blocked: [{ phoneNumber: '+8613900139999' }] };
    const path = api.path(scene.alice, 'privacy');
    await api.expectStatus(200, api.call('PUT', path, { ...settings, privateUntil: null }));
    const privacy = async () => (await api.expectStatus(200, api.call('GET', path))).body;
    const toggle = '.mine button[role="switch"]';
    await pressAt(tab.page, toggle);
    await says(tab.page, '.mine', /Nobody sees what you play until .*\d/);
    const { privateUntil, ...others } = await privacy();
    expect(Date.parse(String(privateUntil)) - Date.now()).to.be.within(3_500_000, 3_600_000);
    expect(others).to.deep.equal(settings);
    await tab.page.select('.mine select', 'tomorrow');
    await eventually(async () => expect((await privacy()).privateUntil).to.not.equal(privateUntil));
    await pressAt(tab.page, toggle);
    await eventually(async () => expect(await privacy()).to.deep.equal({ ...settings, privateUntil: null }));
    await says(tab.page, '.mine', 'For a while nobody sees what you play.');
  });

  it('lets nobody see it, or nobody find me, when I say so', async () => {
    const privacy = async () => (await api.call('GET', api.path(scene.alice, 'privacy'))).body;
    await pressAt(tab.page, '.mine summary');
    await press(tab.page, 'Nobody');
    await eventually(async () => expect(await privacy()).to.include({ audience: 'nobody', discoverable: true }));
    await press(tab.page, 'All friends');
    await eventually(async () => expect(await privacy()).to.include({ audience: 'friends' }));
    await press(tab.page, 'Friends can find you');
    await says(tab.page, '.banner', 'Your friends cannot find you yet');
    await says(tab.page, '.empty', 'No friends yet');
    await press(tab.page, 'Let my friends find me');
    await isGone(tab.page, '.banner');
    expect(await privacy()).to.include({ discoverable: true });
    await eventually(async () => expect(await names(tab.page)).to.have.length(6));
  });

  it('changes one setting right after another, however long the first takes to be answered', async () => {
    const privacy = async () => (await api.call('GET', api.path(scene.alice, 'privacy'))).body;
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await tab.page.setRequestInterception(true);
    const hold = (request: HTTPRequest) => {
      if (request.method() !== 'PUT') return void request.continue();
      void asked.then(() => request.continue());
    };
    tab.page.on('request', hold);
    await press(tab.page, 'Nobody');
    await press(tab.page, 'Friends can find you');
    answer();
    await eventually(async () => expect(await privacy()).to.include({ audience: 'nobody', discoverable: false }));
    tab.page.off('request', hold);
    await tab.page.setRequestInterception(false);
    await press(tab.page, 'All friends');
    await press(tab.page, 'Let my friends find me');
    await eventually(async () => expect(await privacy()).to.include({ audience: 'friends', discoverable: true }));
    await isGone(tab.page, '.banner');
    await eventually(async () => expect(await names(tab.page)).to.have.length(6));
  });

  it('says that it reconnects while the gateway is away, and shows what came meanwhile when it is back', async () => {
    await says(tab.page, '.connection', 'Live');
    await stack.kill('gateway');
    await says(tab.page, '.connection', 'Connection lost. Reconnecting …');
    expect(await names(tab.page)).to.have.length(6);
    await stack.restart('gateway');
    await stack.untilReady();
    await api.play(scene.friends.dora, { title: 'Winterreise: Gute Nacht', artist: 'Franz Schubert', length: 345 });
    await says(tab.page, '.connection', 'Live');
    await says(tab.page, rowOf(scene.friends.dora), 'Gute Nacht');
    await api.stop(scene.friends.dora);
  });

  it('holds no connection while nobody sees it, and catches up when it is seen again', async () => {
    const { page, close } = await open();
    const closed = new Promise((resolve) =>
      page.on('requestfailed', (request) => request.url().endsWith('/friends/events') && resolve(true)),
    );
    const turn = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await turn(true);
    await closed;
    await api.play(scene.friends.fang, { title: 'Vltava', artist: 'Bedřich Smetana' });
    await says(tab.page, rowOf(scene.friends.fang), 'Vltava');
    expect(await page.$(`${rowOf(scene.friends.fang)} .tune`)).to.equal(null);
    await turn(false);
    await says(page, rowOf(scene.friends.fang), 'Vltava');
    await says(page, '.connection', 'Live');
    await api.stop(scene.friends.fang);
    await close();
  });

  it('can be used with the keyboard alone', async () => {
    // Of what has played since the beginning something may be over by now.
    await scene.playAgain();
    const { page, close } = await open();
    const tabTo = async (name: string) => {
      await page.waitForSelector(`::-p-aria([name="${name}"])`);
      for (let i = 0; i < 40; i += 1) {
        await page.keyboard.press('Tab');
        if ((await focused(page)) === name) return;
      }
      expect.fail(`${name} is not to be reached with Tab`);
    };
    await page.keyboard.press('Tab');
    await hasFocus(page, 'Skip to the content');
    await page.keyboard.press('Enter');
    await hasFocus(page, 'Friends');
    await tabTo('Open Clair de lune (new tab)');
    expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).to.equal(
      'solid',
    );
    await tabTo('How long');
    await page.keyboard.down('Shift');
    await page.keyboard.press('Tab');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Space');
    await says(page, '.mine', 'Nobody sees what you play until');
    await page.keyboard.press('Space');
    await says(page, '.mine', 'For a while nobody sees');
    await page.keyboard.down('Shift');
    for (let i = 0; i < 40 && (await focused(page)) !== 'Devices'; i += 1) await page.keyboard.press('Tab');
    await page.keyboard.up('Shift');
    await page.keyboard.press('Enter');
    // The focus follows to where the new content begins.
    await page.waitForSelector('h1:focus');
    await hasFocus(page, 'Devices');
    await tabTo('Revoke Without a name');
    await page.keyboard.press('Enter');
    await hasFocus(page, /^Revoke it, really/);
    await close();
  });

  it('speaks Chinese to whoever prefers it, and either language when asked', async () => {
    await scene.playAgain();
    const chinese = await open({ language: 'zh-TW,fr' });
    const { page } = chinese;
    const lang = () => page.evaluate(() => document.documentElement.lang);
    expect(await lang()).to.equal('zh-Hans');
    await says(page, 'main', '现在有 3 位朋友正在播放。');
    await says(page, '.connection', '实时');
    for (const view of ['book', 'devices', 'friends']) {
      await goTo(page, view);
      await page.waitForSelector(`nav a[href="#/${view}"][aria-current]`);
      const words = (await textOf(page, '.top')) + (await textOf(page, 'main h1'));
      expect(words.replaceAll(/Earshot|English/g, '')).to.not.match(/[a-z]/i);
    }
    await page.select('.language', 'en');
    await says(page, 'main', '3 friends play something right now.');
    expect(await lang()).to.equal('en');
    await api.stop(scene.friends.mum);
    await says(page, 'main', '2 friends play something right now.');
    await api.stop(scene.friends.carol);
    await says(page, 'main', '1 friend plays something right now.');
    await page.reload();
    await says(page, 'main', '1 friend plays something right now.');
    await scene.playAgain();
    expectNoTrouble(chinese, stack.gatewayUrl);
    await chinese.close();
  });

  it('has no breach of WCAG 2.2 AA, light and dark, on a phone and on a desk', async () => {
    const checked = await open();
    const { page } = checked;
    for (const view of ['friends', 'book', 'devices']) {
      await goTo(page, view);
      await page.waitForSelector(`nav a[href="#/${view}"][aria-current]`);
      for (const details of await page.$$('details')) await details.evaluate((one) => one.setAttribute('open', ''));
      expect(await breachesEverywhere(page), view).to.deep.equal([]);
    }
    await see(page, { width: 320 });
    expect(await sideways(page)).to.equal(0);
    await checked.close();
  });

  it('asks no other origin for anything, and keeps to its policy', () => {
    expectNoTrouble(tab, stack.gatewayUrl);
  });

  it('has less than 25 kB of script, compressed', async () => {
    const script = tab.requests.find((url) => url.endsWith('.js')) ?? '';
    const bytes = Buffer.from(await (await fetch(script)).arrayBuffer());
    expect(gzipSync(bytes).length).to.be.within(5_000, 25_000);
  });

  it('looks as the docs show it', async () => {
    const folder = pictureFolder();
    await api.play(scene.alice, { title: 'Jóga', artist: 'Björk', source: 'Homogenic', length: 305, device: 'phone' });
    for (const [person, seconds] of [
      [scene.friends.bob, 131],
      [scene.friends.mum, 1_540],
      [scene.friends.carol, 212],
      [scene.alice, 47],
    ] as const)
      await playedFor(stack, person, seconds);
    const { page, close } = await open();
    await says(page, '.mine', /Jóga/);
    for (const [name, { language = 'en', ...looks }] of Object.entries(PICTURES)) {
      await see(page, looks);
      await page.select('.language', language);
      await says(page, '.connection', /Live|实时/);
      const path = join(folder, `${name}.png`) as `${string}.png`;
      await page.screenshot({ path });
      expect(statSync(path).size).to.be.within(10_000, LARGEST_PICTURE);
    }
    await close();
    if (folder !== DOCS) rmSync(folder, { recursive: true });
  });
});

function pictureFolder(): string {
  if (process.env.EARSHOT_SCREENSHOTS !== '1') return mkdtempSync(join(tmpdir(), 'earshot-pictures-'));
  mkdirSync(DOCS, { recursive: true });
  return DOCS;
}
