import { expect } from 'chai';
import { withEvents } from '../../../../component/server/ejabberd/ejabberd-nodes.ts';
import type { NodeAbility } from '../../../../component/server/server.ts';
import type { Stream } from '../../../../component/stream/stream.ts';
import { type Element, xml } from '../../../../component/stream/xml.ts';
import { eventually } from '../../../support/eventually.ts';

const ALICE = 'alice@op.example';
const BOB = 'bob@op.example';

/** A node of Alice's, who is online, so that ejabberd itself sends what is published. */
describe('component/server/ejabberd: who comes while something is published', () => {
  let held: Element;
  let model: string;
  let told: string[];
  /** Tells the component that Alice’s client has come. */
  let comes: () => void;
  let time: number;
  /** Settles when the answer comes to who is in Alice’s roster. */
  let roster: Promise<void>;
  /** What happens when the node was read and before the answer comes. */
  let meanwhile: () => Promise<void>;
  /** Settles when the access that is set is in force, and leaves the model to the test. */
  let changing: Promise<void> | undefined;
  let nodes: NodeAbility;

  beforeEach(() => {
    [held, model, told, meanwhile] = [xml('former'), 'whitelist', [], async () => {}];
    [time, roster, changing] = [0, Promise.resolve(), undefined];
    const of = {
      async publish(_jid: string, _node: string, payload: Element) {
        held = payload;
        told.push(payload.name);
      },
      async item() {
        const item = xml('item', { id: 'current' }, held);
        const [first, then] = [meanwhile, async () => {}];
        meanwhile = then;
        await first();
        return item;
      },
      accessModel: async () => model,
      affiliations: async () => new Map(model === 'whitelist' ? [[BOB, 'member']] : []),
      setAccess: async () => {
        if (changing) return changing;
        model = 'authorize';
      },
    } as unknown as NodeAbility;
    const stream = {
      onStanza(listener: (stanza: Element) => void) {
        comes = () => listener(xml('presence', { from: `${ALICE}/phone` }));
        return () => {};
      },
      async request() {
        await roster;
        return xml(
          'iq',
          {},
          xml('query', { xmlns: 'jabber:iq:roster' }, xml('item', { jid: BOB, subscription: 'both' })),
        );
      },
      send: async (message: Element) =>
        void told.push(
          message.getChild('event')?.getChild('items')?.getChild('item')?.getChildElements()[0]?.name ?? '',
        ),
    } as unknown as Stream;
    nodes = withEvents(
      of,
      stream,
      async () => true,
      () => time,
      (err) => expect.fail(String(err)),
    );
  });

  it('is not shown the former tune after the next one', async () => {
    meanwhile = () => nodes.publish(ALICE, 'tune', xml('next'));
    await nodes.showTo?.(ALICE, 'tune', BOB);
    expect(told).to.deep.equal(['next', 'next']);
  });

  it('is shown nothing where it may look no longer', async () => {
    meanwhile = () => nodes.setAccess(ALICE, 'tune', []);
    await nodes.showTo?.(ALICE, 'tune', BOB);
    expect(told).to.deep.equal([]);
  });

  it('is shown what there is, whatever is published by others', async () => {
    meanwhile = () => nodes.publish('carol@op.example', 'tune', held);
    await nodes.showTo?.(ALICE, 'tune', BOB);
    expect(told).to.deep.equal(['former', 'former']);
  });

  it('of the user’s own clients makes contacts be sent once more what was published in the moment before', async () => {
    model = 'presence';
    await nodes.publish(ALICE, 'tune', xml('next'));
    comes();
    await eventually(() => expect(told).to.deep.equal(['next', 'next']));
    comes();
    await nodes.publish(ALICE, 'tune', xml('last'));
    // To the friends as well, as the client has just come; and of the tune before nothing comes any more.
    expect(told).to.deep.equal(['next', 'next', 'last', 'last']);
  });

  it('of the user’s own clients makes contacts be sent what such a client has published since', async () => {
    model = 'presence';
    await nodes.publish(ALICE, 'tune', xml('next'));
    held = xml('own');
    comes();
    await eventually(() => expect(told).to.deep.equal(['next', 'own']));
  });

  it('of the user’s own clients makes contacts be sent it where who may see it is changed in between, when that is done', async () => {
    model = 'presence';
    await nodes.publish(ALICE, 'tune', xml('next'));
    let answer = () => {};
    roster = new Promise((resolve) => {
      answer = resolve;
    });
    comes();
    let opened = () => {};
    changing = new Promise((resolve) => {
      opened = resolve;
    });
    const change = nodes.setAccess(ALICE, 'tune', []);
    // Half of the change was made.
    model = 'whitelist';
    answer();
    await new Promise(setImmediate);
    model = 'presence';
    opened();
    await change;
    await eventually(() => expect(told).to.deep.equal(['next', 'next']));
  });

  it('of the user’s own clients makes contacts be sent nothing of what is long ago, or was overtaken', async () => {
    model = 'presence';
    await nodes.publish(ALICE, 'tune', xml('next'));
    time = 5_000;
    comes();
    time = 10_000;
    await nodes.publish(ALICE, 'tune', xml('other'));
    let answer = () => {};
    roster = new Promise((resolve) => {
      answer = resolve;
    });
    comes();
    await nodes.setAccess(ALICE, 'tune', []);
    model = 'presence';
    answer();
    await nodes.publish(ALICE, 'tune', xml('last'));
    expect(told).to.deep.equal(['next', 'other', 'last', 'last']);
  });
});
