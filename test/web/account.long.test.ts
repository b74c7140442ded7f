import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ElementHandle, Page } from 'puppeteer-core';
import { createKeys } from '../../store/base/keys.ts';
import { type Api, createApi, type Person } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { codeFor } from '../support/http/codes.ts';
import { startTestStack, withRedis } from '../support/stack.ts';
import { connectFriend } from '../support/xmpp/friend-client.ts';
import { see, startBrowser, type Tab } from './browser.ts';
import { breachesEverywhere, expectNoTrouble, hasFocus, isGone, press, pressAt, says, textOf } from './looking.ts';

const ALICE = '+8613800138000';
const env = {
  EARSHOT_CONSENT: 'subscriber',
  EARSHOT_CODES_PER_NUMBER: '1000/1',
  EARSHOT_CODES_PER_ADDRESS: '1000/1',
  EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '1000/1',
  EARSHOT_NUMBER_BUDGET: '10',
  EARSHOT_PAGE_NAME: 'Op Example Friends',
};

describe('an account on the friends page, in a browser', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  let api: Api;
  let tab: Tab;
  let page: Page;
  let bob: Person;

  before(async () => {
    [stack, browser] = await Promise.all([startTestStack({ policy: 'either', env }), startBrowser()]);
    api = createApi(stack);
    bob = await api.join('+8613900139000', 'Bob');
    tab = await browser.open(stack.gatewayUrl);
    page = tab.page;
  });

  after(async () => {
    await browser?.stop();
    await stack?.stop();
  });

  const callAs = (token: string, method: string, path: string, body?: unknown) =>
    api.call(method, `/v1/subscribers/me${path}`, body, { authorization: `Bearer ${token}` });
  const kept = (where: 'sessionStorage' | 'localStorage') =>
    page.evaluate((name) => window[name].getItem('earshot.token') ?? '', where);

  async function signIn(number: string, stay = false): Promise<void> {
    await page.locator('input[type="tel"]').fill(number);
    if (stay) await press(page, 'Stay signed in on this device');
    await press(page, 'Send me a code');
    await page.waitForSelector('input.code');
    const code = await codeFor(api, number);
    await page.locator('input.code').fill(code);
    await press(page, 'Sign in');
    await page.waitForSelector('nav');
  }

  it('refuses what is no number, and a wrong code, in words that help', async () => {
    await says(page, '.brand', 'Op Example Friends');
    await page.locator('input[type="tel"]').fill('12');
    await press(page, 'Send me a code');
    await says(page, '.trouble', 'This is no phone number with a country code');
    await page.locator('input[type="tel"]').fill('+86 138-0013 8000');
    await press(page, 'Send me a code');
    await says(page, '.lead', `on its way to ${ALICE}`);
    await page.waitForSelector('input.code:focus');
    for (const [code, trouble] of [
      ['12', 'The code has six digits.'],
      [(await codeFor(api, ALICE)) === '000000' ? '000001' : '000000', 'The code is wrong'],
    ] as const) {
      await page.locator('input.code').fill(code);
      await press(page, 'Sign in');
      await says(page, '.trouble', trouble);
    }
    expect(await breachesEverywhere(page)).to.deep.equal([]);
    await press(page, 'Send me a new code');
    await says(page, '.lead', `A new code is on its way to ${ALICE}`);
    await press(page, 'Use another number');
  });

  it('signs a newcomer in, shows the XMPP login once, and asks before friends can find it', async () => {
    await signIn(ALICE);
    await says(page, '.banner', 'Welcome!');
    const login = await textOf(page, '.banner');
    expect(login)
      .to.match(/[a-z]{5}(?:-[a-z]{5}){3}@op\.example/)
      .and.match(/[\w-]{24}/);
    expect(await breachesEverywhere(page)).to.deep.equal([]);
    await page.reload();
    await says(page, '.banner', 'Welcome!');
    expect(await textOf(page, '.banner'), 'a reload loses nothing').to.equal(login);
    await press(page, 'I have written it down');
    expect(
      await page.evaluate(() => JSON.stringify({ ...sessionStorage })),
      'nor is it kept for longer',
    ).to.not.contain('@op.example');
    await says(page, '.banner', 'Your friends cannot find you yet');
    const token = await kept('sessionStorage');
    const privacy = async () => (await callAs(token, 'GET', '/privacy')).body;
    expect((await privacy()).discoverable).to.equal(false);
    await press(page, 'Let my friends find me');
    await isGone(page, '.banner');
    expect((await privacy()).discoverable).to.equal(true);
    await page.reload();
    await says(page, '.empty', 'No friends yet');
    const beside = await page.$eval('.empty', (card) => (card.parentElement?.clientWidth ?? 0) - card.clientWidth);
    expect(beside, 'the card is as wide as its column, but for its border').to.be.below(3);
    expect(await page.$('.banner')).to.equal(null);
  });

  it('uploads a vCard file, and says what was read, found and refused, and why', async () => {
    await callAs(bob.token, 'PUT', '/privacy', {
      discoverable: true,
      audience: 'friends',
      privateUntil: null,
      blocked: [],
    });
    await pressAt(page, 'a[href="#/book"]');
    const refused = Array.from({ length: 60 }, (_, i) => `BEGIN:VCARD\nVERSION:3.0\nFN:Nobody ${i}\nEND:VCARD\n`);
    const bobs = 'BEGIN:VCARD\nVERSION:3.0\nFN:Bob <b>\nTEL:139 0013 9000\nEND:VCARD\n';
    await choose('contacts.vcf', bobs + refused.join(''));
    await says(page, '.result', 'Your address book is up to date');
    await hasFocus(page, 'Your address book is up to date');
    const result = await textOf(page, '.result');
    for (const words of ['1 contact read', '1 friend found', '60 entries refused, or kept in part', '… and 10 more'])
      expect(result).to.contain(words);
    expect(await page.$$('.refusals li')).to.have.length(50);
    expect(await textOf(page, '.refusals li')).to.equal('Entry 2 The contact has no phone number.');
    expect(await breachesEverywhere(page)).to.deep.equal([]);
    await page.select('.language', 'zh-Hans');
    await says(page, '.refusals li', '第 2 条 此联系人没有电话号码。');
    await page.select('.language', 'en');
    await pressAt(page, 'a[href="#/friends"]');
    await says(page, '.friend h3', 'Bob <b>');
  });

  it('says in words for people that a file holds no contacts, and keeps the book', async () => {
    await pressAt(page, 'a[href="#/book"]');
    await drop('empty.vcf', 'This is a letter.');
    await says(
      page,
      '.card > .trouble',
      'No contacts could be read from this file, so your address book stays as it was.',
    );
    await says(page, '.figures', '1 contact');
  });

  it('takes a CSV file that is dragged there, and nothing that is neither', async () => {
    await pressAt(page, 'a[href="#/book"]');
    await drop('book.pdf', 'Name,Phone\n');
    await says(page, '.card > .trouble', 'This is neither a .vcf nor a .csv file.');
    await drop('book.csv', 'Animal,Legs\nCat,4\n');
    await says(page, '.card > .trouble', /The file was not taken\. .*column/);
    await drop('book.CSV', 'Name,Phone\nRobert,+8613900139000\nDora,+4915146788794\nNobody,12\n');
    await says(page, '.result', '2 contacts read');
    await says(page, '.result', /Entry 3 .*country code/);
    await says(page, '.figures', '2 contacts');
  });

  it('says that a book over the budget is kept, and that some of it waits', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `N${i},+4915146788${String(800 + i)}`);
    await drop('large.csv', `Name,Phone\nRobert,+8613900139000\n${rows.join('\n')}\n`);
    await says(page, '.result', 'There is no need to upload it again.');
    await says(page, '.result', /\d+ numbers wait/);
    await says(page, '.figures', '21 contacts');
  });

  it('links an address book on the network, says how it goes, and removes it', async () => {
    await press(page, 'Link an address book');
    const fill = (label: string, text: string) =>
      page.locator(`::-p-aria([name="${label}"][role="textbox"])`).fill(text);
    await fill('Name', 'work');
    await fill('Address (https://…)', 'https://127.0.0.1/dav/');
    await press(page, 'Link it');
    await says(page, 'details .trouble', 'internal address');
    await fill('Address (https://…)', 'https://dav.invalid/alice/');
    await press(page, 'Link it');
    await says(page, '.rows li', /work[\s\S]*dav\.invalid/);
    await page.waitForSelector('.rows li.failing');
    await press(page, 'Remove work');
    await press(page, 'Remove it, really: Remove work');
    await isGone(page, '.rows li');
  });

  it('makes a password for a player, says what to type where, and revokes it', async () => {
    await pressAt(page, 'a[href="#/devices"]');
    await page.locator('form.inline input').fill('Living room');
    await press(page, 'Make a password');
    await says(page, '.hints', 'Living room is ready to be set up');
    const hints = await textOf(page, '.hints');
    expect(hints).to.contain(`${stack.gatewayUrl}/audioscrobbler`).and.contain(`${stack.gatewayUrl}/web-scrobbler/`);
    expect(await breachesEverywhere(page)).to.deep.equal([]);
    await press(page, 'Revoke Living room');
    await press(page, 'Revoke it, really: Revoke Living room');
    await says(page, 'main', 'No player has a password yet.');
  });

  it('lists the devices that are signed in, and signs out two of them, one right after the other', async () => {
    const me = await callAs(await kept('sessionStorage'), 'GET', '');
    for (const deviceName of ['Lost phone', 'Old tablet'])
      await api.expectStatus(201, api.call('POST', `/v1/subscribers/${me.body.subscriberId}/tokens`, { deviceName }));
    await page.reload();
    await says(page, 'main', `You are ${ALICE}.`);
    await says(page, '.rows', /Lost phone/);
    expect(await textOf(page, '.rows')).to.match(/Friends page, Chrome Linux [a-z0-9]{4} This one/);
    const badge = 'document.querySelector(".badge")';
    for (const width of [320, 1280]) {
      await see(page, { width });
      expect(await page.evaluate(`${badge}.getClientRects().length`), 'it stands on one line').to.equal(1);
      expect(
        await page.evaluate(`${badge}.offsetHeight < 2 * parseFloat(getComputedStyle(${badge}).lineHeight)`),
      ).to.equal(true);
    }
    await page.evaluate(holdFirstDeletion);
    for (const name of ['Lost phone', 'Old tablet']) {
      await press(page, `Revoke ${name}`);
      await press(page, `Revoke it, really: Revoke ${name}`);
    }
    await page.evaluate('letGo()');
    await eventually(async () => expect(await textOf(page, '.rows')).to.not.match(/Lost phone|Old tablet/));
  });

  it('shows the address of the XMPP account, and sets a new password for it', async () => {
    const { jid } = (await callAs(await kept('sessionStorage'), 'GET', '')).body as unknown as { jid: string };
    await says(page, 'section[aria-labelledby="xmpp-account"]', jid);
    await press(page, 'Set a new password');
    await press(page, 'The old one ends: set it: Set a new password');
    await says(page, 'section[aria-labelledby="xmpp-account"]', /New password\s+[\w-]{24}/);
    const text = await textOf(page, 'section[aria-labelledby="xmpp-account"]');
    const password = /New password\s+([\w-]{24})/.exec(text)?.[1] ?? '';
    const client = await connectFriend(stack, { jid, password });
    await client.leave();
    await press(page, 'I have written it down');
    expect(await textOf(page, 'section[aria-labelledby="xmpp-account"]')).to.not.contain(password);
  });

  it('asks before a link puts somebody else in the place of who is signed in', async () => {
    const token = await kept('sessionStorage');
    await page.goto(`${stack.gatewayUrl}/#token=${bob.token}`);
    await says(page, 'h1', 'You are signed in here already');
    expect(page.url()).to.not.contain(bob.token);
    expect(await breachesEverywhere(page)).to.deep.equal([]);
    await press(page, 'Stay as I am');
    await page.waitForSelector('nav');
    expect(await kept('sessionStorage')).to.equal(token);
    const other = await page.browserContext().newPage();
    await other.goto(`${stack.gatewayUrl}/#token=${token}`);
    await other.waitForSelector('nav');
    await other.goto(`${stack.gatewayUrl}/#token=${bob.token}`);
    await press(other, 'Sign in with the link');
    await other.waitForSelector('nav');
    expect(await other.evaluate(() => window.sessionStorage.getItem('earshot.token'))).to.equal(bob.token);
    await other.close();
  });

  it('signs out: the token ends, and nothing of the session is left', async () => {
    const token = await kept('sessionStorage');
    await api.expectStatus(200, callAs(token, 'GET', ''));
    await press(page, 'Sign out');
    await says(page, '.notice', 'You have signed out.');
    await hasFocus(page, 'You have signed out.');
    await api.expectStatus(401, callAs(token, 'GET', ''));
    expect([await kept('sessionStorage'), await kept('localStorage')]).to.deep.equal(['', '']);
    expect(await page.evaluate(() => document.body.textContent))
      .to.not.contain(ALICE)
      .and.not.contain('Robert');
  });

  it('stays signed in for another visit when asked to, until the token is revoked', async () => {
    await signIn(ALICE, true);
    const token = await kept('localStorage');
    expect(token).to.match(/^est_/);
    const other = await page.browserContext().newPage();
    await other.goto(stack.gatewayUrl);
    await says(other, '.friend h3', 'Robert');
    await other.close();
    await says(page, '.friend h3', 'Robert');
    await api.expectStatus(204, callAs(token, 'DELETE', '/tokens'));
    await says(page, '.notice', 'You are no longer signed in here');
    expect(await page.$('.friend')).to.equal(null);
    expect(await kept('localStorage')).to.equal('');
    expect(await breachesEverywhere(page)).to.deep.equal([]);
  });

  it('asks who was silent for long whether it is the same person, and goes on', async () => {
    const known = await api.join('+8613700137001', 'Known');
    // As if it had been added by a version that did not note who is heard of.
    await withRedis(stack, async (redis) => {
      await redis.hDel(createKeys('earshot').subscriber(known.id), 'heardAt');
    });
    await page.locator('input[type="tel"]').fill('+8613700137001');
    await press(page, 'Send me a code');
    await page.waitForSelector('input.code');
    await page.locator('input.code').fill(await codeFor(api, '+8613700137001'));
    await press(page, 'Sign in');
    await says(page, '.who-was-it', 'Was it you?');
    expect(await breachesEverywhere(page)).to.deep.equal([]);
    await press(page, 'Yes, I go on');
    await page.waitForSelector('nav');
    const me = await callAs(await kept('sessionStorage'), 'GET', '');
    expect(me.body.subscriberId).to.equal(known.id);
  });

  it('lets who got somebody else’s number say so, and start anew', async () => {
    const before = await callAs(await kept('sessionStorage'), 'GET', '');
    await pressAt(page, 'a[href="#/devices"]');
    await press(page, 'This is not me');
    await press(page, 'Sign out and start anew: This is not me');
    await says(page, '.notice', 'everything of who had it before is erased');
    await signIn('+8613700137001');
    await says(page, '.banner', 'Welcome!');
    const after = await callAs(await kept('sessionStorage'), 'GET', '');
    expect(after.body.subscriberId).to.not.equal(before.body.subscriberId);
    await press(page, 'I have written it down');
    await press(page, 'Sign out');
    await says(page, '.notice', 'You have signed out.');
  });

  it('says of a link whose token was revoked that it is no longer good', async () => {
    const { token } = await api.join('+8613700137000');
    await api.expectStatus(204, callAs(token, 'DELETE', '/tokens'));
    for (const link of [`#token=${token}`, '#token=%22%3E%3Cimg%20src=x%3E']) {
      await page.goto('about:blank');
      await page.goto(`${stack.gatewayUrl}/${link}`);
      await says(page, '.notice', 'This link is no longer good.');
      expect(page.url()).to.equal(`${stack.gatewayUrl}/`);
      expect(await kept('sessionStorage')).to.equal('');
    }
    expectNoTrouble(tab, stack.gatewayUrl);
  });

  async function choose(name: string, content: string): Promise<void> {
    const file = join(stack.dataDir, name);
    writeFileSync(file, content);
    const input = (await page.waitForSelector('input[type="file"]')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(file);
  }
  async function drop(name: string, content: string): Promise<void> {
    const target = await page.waitForSelector('.drop');
    await target?.evaluate(
      (zone, fileName, text) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], fileName));
        zone.dispatchEvent(new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer }));
        zone.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
      },
      name,
      content,
    );
  }
});

/** In the browser: the first DELETE from now on goes out when `letGo` is called. */
const holdFirstDeletion = `{
  const real = window.fetch;
  window.fetch = async (...call) => {
    if (call[1]?.method !== 'DELETE') return real(...call);
    window.fetch = real;
    await new Promise((resolve) => { window.letGo = resolve; });
    return real(...call);
  };
}`;
