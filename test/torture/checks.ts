import { expect } from 'chai';
import type { Friend } from '../../web/api/shapes.ts';
import type { Api } from '../support/api.ts';
import { needle, tracesInRedis } from '../support/kept/traces.ts';
import type { TestStack } from '../support/servers/own-stack.ts';
import { withRedis } from '../support/stack.ts';
import type { Crowd, Someone } from './crowd.ts';
import { friendsOf, shownOf } from './model.ts';
import type { Streams } from './streams.ts';
import { titleAskedFor, type Watchers } from './watchers.ts';

/** What is compared with the model. Each throws where it is not so, or not so yet. */
export type World = { stack: TestStack; api: Api; crowd: Crowd; watchers: Watchers; streams: Streams };

/** Friends, as the API tells them. */
export async function friendsAreRight({ api, crowd }: World): Promise<void> {
  for (const one of crowd.people) {
    const ids = (await api.call('GET', `/v1/subscribers/${one.id}/friends`)).body.friends as unknown;
    const found = (ids as { subscriberId: string }[] | undefined)?.map(({ subscriberId }) => subscriberId);
    const wanted = friendsOf(crowd.people, one).map(({ id }) => id);
    expect(found, `friends of ${one.phoneNumber}`).to.have.members(wanted);
  }
}

/** Rosters, as the XMPP server tells them. */
export async function rostersAreRight({ crowd, watchers }: World): Promise<void> {
  for (const one of crowd.people) {
    const items = (await watchers.of(one).roster()).map(({ jid, subscription }) => `${jid} ${subscription}`);
    const wanted = friendsOf(crowd.people, one).map(({ jid }) => `${jid} both`);
    expect(items, `roster of ${one.phoneNumber}`).to.have.members(wanted);
  }
}

/** The last tune of each that each client has heard since it came, and what it is told when it asks. */
export async function tunesAreRight({ crowd, watchers }: World): Promise<void> {
  for (const one of crowd.people) {
    const client = watchers.of(one);
    const friends = friendsOf(crowd.people, one);
    for (const other of crowd.people) {
      if (other === one) continue;
      const last = client.tunes.filter(({ from }) => from === other.jid).at(-1)?.tune.title;
      const wanted = friends.includes(other) ? shownOf(other, Date.now()) : undefined;
      const what = `${other.phoneNumber} as ${one.phoneNumber}`;
      expect(last, `${what} was told last`).to.equal(wanted);
      expect(await titleAskedFor(client, other.jid), `${what} is told who asks`).to.equal(wanted);
    }
  }
}

/** What each event stream has told so far is what the API tells who asks, and what the model says; of who was erased it is over. */
export async function streamsAreRight({ api, crowd, streams }: World): Promise<void> {
  for (const one of crowd.people) {
    const told = [...(streams.list(one)?.values() ?? [])].sort(byId);
    const answer = await api.call('GET', `/v1/subscribers/${one.id}/friends`);
    expect(told, `friends by the event stream of ${one.phoneNumber}`).to.deep.equal(
      [...((answer.body.friends ?? []) as Friend[])].sort(byId),
    );
    const wanted = friendsOf(crowd.people, one).map((friend) => ({
      ...{ of: friend.phoneNumber, title: shownOf(friend, Date.now()), availability: 'online' },
    }));
    const found = told.map(({ jid, nowPlaying, availability }) => ({
      ...{ of: numberOf(crowd.people, jid), title: nowPlaying?.title, availability },
    }));
    expect(found, `what the event stream of ${one.phoneNumber} has told`).to.have.deep.members(wanted);
  }
  for (const one of crowd.erased)
    expect(streams.isOver(one), `end of the event stream of ${one.phoneNumber}`).to.equal(true);
}

function byId(a: Friend, b: Friend): number {
  return a.subscriberId < b.subscriberId ? -1 : 1;
}

function numberOf(people: readonly Someone[], jid: string): string | undefined {
  return people.find((one) => one.jid === jid)?.phoneNumber;
}

/** Nobody has ever heard, or was ever told by an event stream, what consent did not allow. */
export function nothingLeaked({ crowd, watchers, streams }: World): void {
  const everybody = [...crowd.people, ...crowd.erased];
  for (const one of everybody) {
    const heard = watchers
      .heard(one)
      .map(({ from, ...tune }) => ({ ...tune, of: everybody.find(({ jid }) => jid === from) }));
    const told = streams
      .told(one)
      .map(({ subscriberId, ...tune }) => ({ ...tune, of: everybody.find(({ id }) => id === subscriberId) }));
    const leaks = [...heard, ...told]
      .filter(({ title }) => !crowd.mayHaveSeen(one, title))
      .map(({ of, ...tune }) => ({ ...tune, of: of?.phoneNumber }));
    expect(leaks, `what ${one.phoneNumber} has heard against consent`).to.deep.equal([]);
  }
}

/** No event stream has told of a tune after a newer one of the same friend. */
export function nothingWentBackwards({ streams }: World): void {
  expect(streams.backwards(), 'what was told by an event stream after something newer').to.deep.equal([]);
}

/** Nothing in Redis names anybody who was erased, which whoever was killed while it was done does later. */
export async function erasedLeftNothing({ stack, crowd }: World): Promise<void> {
  const needles = crowd.erased.flatMap(({ id, jid }: Someone) => [needle(`id of ${jid}`, id), needle(jid, jid)]);
  await withRedis(stack, async (redis) => {
    expect(await tracesInRedis(redis, needles)).to.deep.equal([]);
  });
}
