import { expect } from 'chai';
import { withEvents } from '../../../../component/server/ejabberd/ejabberd-nodes.ts';
import type { NodeAbility } from '../../../../component/server/server.ts';
import type { Stream } from '../../../../component/stream/stream.ts';
import { type Element, xml } from '../../../../component/stream/xml.ts';

const ALICE = 'alice@op.example';
const BOB = 'bob@op.example';

/** A node of Alice's, who is online, so that ejabberd itself sends what is published. */
describe('component/server/ejabberd: who comes while something is published', () => {
  let held: Element;
  let model: string;
  let told: string[];
  /** What happens when the node was read and before the answer comes. */
  let meanwhile: () => Promise<void>;
  let nodes: NodeAbility;

  beforeEach(() => {
    [held, model, told, meanwhile] = [xml('former'), 'whitelist', [], async () => {}];
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
        model = 'authorize';
      },
    } as unknown as NodeAbility;
    const stream = {
      onStanza: () => () => {},
      send: async (message: Element) =>
        void told.push(
          message.getChild('event')?.getChild('items')?.getChild('item')?.getChildElements()[0]?.name ?? '',
        ),
    } as unknown as Stream;
    const clients = async () => [{ resource: 'phone', show: 'available' as const, status: '', priority: 0 }];
    nodes = withEvents(of, stream, { online: async () => [], clients });
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
});
