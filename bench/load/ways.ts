import type { Stack } from '../../local/stack/stack.ts';
import type { Person } from '../../test/support/api.ts';
import { PLAN } from '../plan.ts';
import { openHttpLane } from './http-lane.ts';
import type { Publish } from './load.ts';
import { componentPlace, connectRawComponent, type PublishForm, type RawComponent } from './raw-component.ts';

/** The publisher whose turn it is on a lane: each lane has its own, so that nobody has two publishes on the way. */
function publisherOf(publishers: readonly Person[], lanes: number, lane: number, turn: number): Person {
  const turns = Math.floor(publishers.length / lanes);
  return publishers[lane + lanes * (turn % turns)] as Person;
}

/** What a bare component asks beside each publish about its publisher. */
export type Question = (component: RawComponent, jid: string) => Promise<unknown>;

/** Stops Earshot's component and takes its place in the same XMPP server, by the same kind of connection. */
export async function rawWay(
  stack: Stack,
  publishers: readonly Person[],
  form?: PublishForm,
  question: Question = async () => {},
) {
  await stack.part('component').stop();
  const component: RawComponent = await connectRawComponent(componentPlace(stack), form);
  const publish: Publish = async (lane, turn, tune) => {
    const { jid } = publisherOf(publishers, PLAN.lanes, lane, turn);
    await Promise.all([question(component, jid), component.publish(jid, tune)]);
  };
  return { component, publish, close: component.close };
}

/** Starts Earshot's component again and opens a keep-alive connection for each lane. */
export async function earshotWay(stack: Stack, publishers: readonly Person[], lanes: number = PLAN.lanes) {
  if (stack.part('component').exit() !== undefined) await stack.restart('component');
  await stack.untilReady();
  const connections = await Promise.all(Array.from({ length: lanes }, () => openHttpLane(stack)));
  const publish: Publish = async (lane, turn, tune) =>
    connections[lane]?.put(`/v1/subscribers/${publisherOf(publishers, lanes, lane, turn).id}/now-playing`, tune);
  return {
    publish,
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
