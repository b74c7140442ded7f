import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { expect } from 'chai';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { startSmsReceiver } from '../../support/servers/sms-receiver.ts';
import { startTestStack } from '../../support/stack.ts';
import { connectIq, type IqClient } from '../../support/xmpp/iq-client.ts';

const REGISTER = 'jabber:iq:register';
const [ALICE, BOB, CAROL] = ['+447911123456', '+447911123457', '+447911123458'] as const;

describe('registering a number with the component', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let sms: Awaited<ReturnType<typeof startSmsReceiver>>;
  let api: Api;
  let carol: Person;
  let guests: IqClient;
  let others: IqClient;

  before(async () => {
    sms = await startSmsReceiver();
    stack = await startTestStack({
      env: {
        EARSHOT_SMS_WEBHOOK_URL: sms.url,
        EARSHOT_SMS_WEBHOOK_SECRET: sms.secret,
        EARSHOT_CODE_COUNTRIES: 'GB,GG,AR',
        EARSHOT_CODES_PER_NUMBER: '4/60',
        EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '1000/1',
        EARSHOT_CODES_PER_ADDRESS: '100/60',
      },
    });
    api = createApi(stack);
    carol = await api.join(CAROL);
    for (const name of ['guest', 'other']) await stack.server().makeAccount(`${name}@op.example`, 'secret');
    [guests, others] = await Promise.all([
      connectIq(stack, { jid: 'guest@op.example', password: 'secret' }),
      connectIq(stack, { jid: 'other@op.example', password: 'secret' }),
    ]);
  });

  after(async () => {
    for (const one of [guests, others]) await one?.leave();
    await stack?.stop();
    await sms?.stop();
  });

  const blank = async (who: IqClient) => (await who.get(xml('query', { xmlns: REGISTER }))).payload;
  const send = (who: IqClient, ...children: Element[]) => who.set(xml('query', { xmlns: REGISTER }, ...children));
  const fields = (values: Record<string, string>) => Object.entries(values).map(([name, text]) => xml(name, {}, text));
  const form = (values: Record<string, string>) =>
    xml(
      'x',
      { xmlns: 'jabber:x:data', type: 'submit' },
      ...Object.entries({ FORM_TYPE: REGISTER, ...values }).map(([name, text]) =>
        xml('field', { var: name }, xml('value', {}, text)),
      ),
    );
  const codeTo = async (number: string, after: number) => {
    await eventually(() => expect(sms.received.length).to.be.greaterThan(after));
    return (await sms.smsTo(number)).code;
  };
  const ownerOf = async (phoneNumber: string) =>
    (await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber })).body as {
      jid?: string;
      subscriberId?: string;
    };

  it('sends a code for the number alone, asks for it in the same form, and registers with both', async () => {
    const first = await blank(guests);
    expect(first?.getChild('registered')).to.equal(undefined);
    expect(first?.getChildElements().map(({ name }) => name)).to.deep.equal(['instructions', 'phone', 'misc', 'x']);
    const before = sms.received.length;
    const { error } = await send(guests, form({ phone: ALICE }));
    expect(error).to.include({ type: 'modify', condition: 'not-acceptable' });
    expect(error?.text).to.match(/code was sent/);
    const second = (await blank(guests))?.getChild('x')?.getChildren('field');
    expect(second?.map((one) => [one.attrs.var, one.getChildText('value')])).to.deep.include(['phone', ALICE]);
    const code = await codeTo(ALICE, before);
    // One that is asked for again leaves the first one good.
    expect((await send(guests, form({ phone: ALICE }))).error?.text).to.match(/code was sent/);
    const newer = await codeTo(ALICE, before + 1);
    const wrong = [code, newer].includes('000000') ? '111111' : '000000';
    expect((await send(guests, form({ phone: ALICE, 'x-code': wrong }))).error).to.include({
      type: 'auth',
      condition: 'not-authorized',
    });
    // A code is for whoever asked for it.
    expect((await send(others, form({ phone: ALICE, 'x-code': code }))).error?.condition).to.equal('not-acceptable');
    expect((await send(guests, form({ phone: ALICE, 'x-code': code }))).error).to.equal(undefined);
    expect((await ownerOf(ALICE)).jid).to.equal('guest@op.example');
    const known = await blank(guests);
    expect(known?.getChild('registered')).to.not.equal(undefined);
    expect(known?.getChildText('phone')).to.equal(ALICE);
    expect((await send(guests, form({ phone: ALICE }))).error).to.equal(undefined);
  });

  it('takes the code of a phone whose number is written otherwise with it', async () => {
    await stack.server().makeAccount('porteno@op.example', 'secret');
    const client = await connectIq(stack, { jid: 'porteno@op.example', password: 'secret' });
    const before = sms.received.length;
    await send(client, ...fields({ phone: '+5491123456789' }));
    const code = await codeTo('+5491123456789', before);
    expect((await send(client, ...fields({ phone: '+541123456789', misc: code }))).error).to.equal(undefined);
    expect((await ownerOf('+541123456789')).jid).to.equal('porteno@op.example');
    await client.leave();
  });

  it('moves a subscriber to the account whose user has its number, and leaves an account its one number', async () => {
    const { subscriberId } = await ownerOf(CAROL);
    const before = sms.received.length;
    await send(others, ...fields({ phone: CAROL }));
    const code = await codeTo(CAROL, before);
    expect((await send(others, ...fields({ phone: CAROL, misc: code }))).error).to.equal(undefined);
    expect(await ownerOf(CAROL)).to.deep.include({ jid: 'other@op.example', subscriberId });
    expect(subscriberId).to.equal(carol.id);
    const again = sms.received.length;
    await send(others, ...fields({ phone: BOB }));
    const bobs = await codeTo(BOB, again);
    const { error } = await send(others, ...fields({ phone: BOB, misc: bobs }));
    expect(error).to.include({ type: 'cancel', condition: 'conflict' });
    expect((await ownerOf(CAROL)).jid).to.equal('other@op.example');
    expect((await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: BOB })).status).to.equal(404);
  });

  it('refuses numbers that are none, missing fields, codes that nobody asked for, and too many of them', async () => {
    for (const phone of ['', '07911123457', 'Bob', '112'])
      expect((await send(others, ...fields({ phone }))).error?.condition, phone).to.equal('not-acceptable');
    expect((await send(others)).error?.condition).to.equal('not-acceptable');
    const unasked = '+447911123460';
    expect((await send(guests, form({ phone: unasked, 'x-code': '123456' }))).error?.condition).to.equal(
      'not-acceptable',
    );
    const answers = [];
    for (let i = 0; i < 5; i += 1) answers.push((await send(guests, form({ phone: unasked }))).error?.condition);
    expect(answers).to.deep.equal([...Array(4).fill('not-acceptable'), 'policy-violation']);
  });

  it('forgets who unregisters, which can be done once, and lets them come again', async () => {
    const both = await send(guests, xml('remove'), xml('phone', {}, ALICE));
    expect(both.error?.condition).to.equal('bad-request');
    expect((await send(guests, xml('remove'))).error).to.equal(undefined);
    expect((await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: ALICE })).status).to.equal(404);
    expect((await send(guests, xml('remove'))).error).to.include({ condition: 'registration-required' });
    const before = sms.received.length;
    await send(guests, form({ phone: ALICE }));
    const code = await codeTo(ALICE, before);
    await eventually(async () =>
      expect((await send(guests, form({ phone: ALICE, 'x-code': code }))).error).to.equal(undefined),
    );
    expect((await ownerOf(ALICE)).jid).to.equal('guest@op.example');
  });

  it('does not unregister who would lose the account by it', async () => {
    const made = await api.join('+447911123459');
    const own = await connectIq(stack, made);
    const { error } = await send(own, xml('remove'));
    await own.leave();
    expect(error).to.include({ type: 'cancel', condition: 'not-allowed' });
    expect((await ownerOf('+447911123459')).jid).to.equal(made.jid);
  });

  it('is in the audit trail, with no number', async () => {
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/audit?limit=1000'));
    const entries = body.entries as unknown as { operation: string; caller: string; status: number }[];
    const of = (operation: string) => entries.filter((entry) => entry.operation === operation);
    expect(of('IQ register').map(({ caller, status }) => [caller, status])).to.deep.include(['subscriber', 200]);
    expect(of('IQ register/remove')).to.have.length(1);
    expect(JSON.stringify(entries)).to.not.match(/\+44/);
  });
});
