import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientClosedError, createClient, ErrorReply } from 'redis';
import type { Log } from '../log.ts';
import type { Hear, Listening } from './listening.ts';
import { pauseBefore, type RedisPlace, unwatchedOptions } from './redis-options.ts';
import { createSlotMap } from './slot-map.ts';

/** Milliseconds after which the nodes have found each other again when one of them was away. */
const BUS_IS_BACK = 2_000;
/** Milliseconds for which it is gathered what is heard again, so that what was missed is read once for all of it. */
const GATHERED = 100;

type Kind = 'ordinary' | 'sharded';

/** Channels of one kind and one hash tag, so of one slot. */
type Group = { kind: Kind; tag: string; channels: string[] };

/** A connection to one master, and what is heard over it. */
type Ear = { url: string; client: Client; connected: Promise<unknown>; channels: Record<Kind, Set<string>> };

type Client = ReturnType<typeof newClient>;

/**
 * Listens to a cluster: to each channel, of either kind, at the master that has its slot, which is where all of Earshot's messages are sent. A
 * connection of which anything is wrong, or whose node says that it no longer has a slot, is given up: the nodes are asked anew who has
 * which slot, and what was heard over it is listened to there, for as long as it takes. The library's own cluster is not taken:
 * a node that was away from the start it calls for ever at the same address, and what another node refuses to take over is lost to it without a word.
 */
export function createClusterEvents({ urls }: RedisPlace, log: Log): Listening {
  const told = new EventEmitter();
  const slots = createSlotMap(urls);
  const ears = new Map<string, Ear>();
  const readers: Record<Kind, Map<string, Set<Hear>>> = { ordinary: new Map(), sharded: new Map() };
  const deliver: Record<Kind, Hear> = {
    ordinary: (message, channel) => tell('ordinary', message, channel),
    sharded: (message, channel) => tell('sharded', message, channel),
  };
  let isOpen = true;
  let resting: Promise<void> | undefined;
  let isGathering = false;

  function tell(kind: Kind, message: string, channel: string): void {
    for (const hear of readers[kind].get(channel) ?? []) hear(message, channel);
  }

  function earAt(url: string): Ear {
    const known = ears.get(url);
    if (known) return known;
    const client = newClient(url);
    const channels = { ordinary: new Set<string>(), sharded: new Set<string>() };
    const ear: Ear = { url, client, channels, connected: client.connect() };
    client.on('error', (err) => giveUp(ear, err));
    client.on('sharded-channel-moved', () => giveUp(ear, new Error('The node has a slot no longer.')));
    ear.connected.catch((err: unknown) => giveUp(ear, err));
    ears.set(url, ear);
    return ear;
  }

  function giveUp(ear: Ear, err: unknown): void {
    if (ears.get(ear.url) !== ear) return;
    ears.delete(ear.url);
    slots.forget();
    if (ear.client.isOpen) ear.client.destroy();
    const lost = (['ordinary', 'sharded'] as const).flatMap((kind) => groupsOf(kind, ear.channels[kind]));
    if (!isOpen || lost.length === 0) return;
    log.warn({ err }, 'Redis Cluster: a connection that listens is given up');
    told.emit('reconnecting');
    // One that cannot be placed must not keep from the others that they are heard again.
    for (const group of lost) void placeAgain(group).then(missed);
  }

  function missed(): void {
    if (isGathering) return;
    isGathering = true;
    setTimeout(() => {
      isGathering = false;
      sayReady();
      // What is told at another node can be lost until the nodes' own connections are back as well.
      setTimeout(sayReady, BUS_IS_BACK).unref();
    }, GATHERED).unref();
  }

  function sayReady(): void {
    if (isOpen) told.emit('ready');
  }

  /** Those of them that somebody still listens to. */
  function wanted({ kind, channels }: Group): string[] {
    return channels.filter((channel) => readers[kind].has(channel));
  }

  /** @throws what the node says */
  async function hearAt(ear: Ear, group: Group): Promise<void> {
    await ear.connected;
    const channels = wanted(group);
    if (channels.length === 0) return;
    // Before it is answered, so that they are placed anew where the connection is given up in the same moment.
    const its = ear.channels[group.kind];
    const fresh = channels.filter((channel) => !its.has(channel));
    for (const channel of fresh) its.add(channel);
    try {
      if (group.kind === 'sharded') await ear.client.sSubscribe(channels, deliver.sharded);
      else await ear.client.subscribe(channels, deliver.ordinary);
    } catch (err) {
      for (const channel of fresh) its.delete(channel);
      throw err;
    }
  }

  /** Tries until it is heard. @throws ErrorReply where the user's rights (ACL) do not reach */
  async function place(group: Group): Promise<void> {
    for (let round = 0; isOpen; round += 1)
      try {
        return await hearAt(earAt(await slots.masterOf(group.tag)), group);
      } catch (err) {
        if (err instanceof ErrorReply && err.message.startsWith('NOPERM')) throw err;
        await rest(round, err);
      }
    throw new ClientClosedError();
  }

  /** All rest together, so that the nodes are asked once for all of them. */
  function rest(round: number, err: unknown): Promise<void> {
    if (isOpen && !resting) log.warn({ err }, 'Redis Cluster: not all slots are heard');
    resting ??= sleep(pauseBefore(round), undefined, { ref: false }).then(() => {
      resting = undefined;
      slots.forget();
    });
    return resting;
  }

  async function placeAgain(group: Group): Promise<void> {
    for (let round = 0; isOpen; round += 1)
      try {
        return await place(group);
      } catch (err) {
        await rest(round, err);
      }
  }

  async function listen(kind: Kind, channels: string | string[], hear: Hear): Promise<void> {
    const all = [channels].flat();
    const fresh = new Set(all.filter((channel) => !readers[kind].get(channel)?.has(hear)));
    for (const channel of fresh) {
      const those = readers[kind].get(channel) ?? new Set();
      readers[kind].set(channel, those.add(hear));
    }
    await Promise.all(
      groupsOf(kind, all).map((group) =>
        place(group).catch(async (err: unknown) => {
          const its = group.channels.filter((channel) => fresh.has(channel));
          await leave(kind, its, hear);
          throw err;
        }),
      ),
    );
  }

  /** All of it is sent before this returns, so that whoever is listened to from now on is asked for anew (decision 219). */
  async function leave(kind: Kind, channels: string | string[], hear: Hear): Promise<void> {
    const gone = [channels].flat().filter((channel) => {
      const those = readers[kind].get(channel);
      those?.delete(hear);
      return those?.size === 0 && readers[kind].delete(channel);
    });
    await Promise.all([...ears.values()].map((ear) => leaveAt(ear, kind, gone)));
  }

  async function leaveAt(ear: Ear, kind: Kind, gone: string[]): Promise<void> {
    const its = gone.filter((channel) => ear.channels[kind].delete(channel));
    const { client } = ear;
    const answers = groupsOf(kind, its).map((group) =>
      kind === 'sharded'
        ? client.sUnsubscribe(group.channels, deliver.sharded)
        : client.unsubscribe(group.channels, deliver.ordinary),
    );
    await Promise.all(answers).catch((err: unknown) => giveUp(ear, err));
  }

  return {
    subscribe: (channels, hear) => listen('ordinary', channels, hear),
    sSubscribe: (channels, hear) => listen('sharded', channels, hear),
    unsubscribe: (channels, hear) => leave('ordinary', channels, hear),
    sUnsubscribe: (channels, hear) => leave('sharded', channels, hear),
    on: (event, heard) => told.on(event, heard),
    off: (event, heard) => told.off(event, heard),
    destroy() {
      isOpen = false;
      for (const { client } of ears.values()) if (client.isOpen) client.destroy();
    },
  };
}

/** One that is not made anew by itself: it would call the same address, and listen to what has moved. */
function newClient(url: string) {
  const { socket, ...options } = unwatchedOptions('fail-fast');
  return createClient({ url, ...options, socket: { ...socket, reconnectStrategy: false } });
}

function groupsOf(kind: Kind, channels: Iterable<string>): Group[] {
  const groups = new Map<string, Group>();
  for (const channel of channels) {
    const tag = /^[^{]*\{([^}]+)\}/.exec(channel)?.[1] ?? channel;
    const group = groups.get(tag);
    if (group) group.channels.push(channel);
    else groups.set(tag, { kind, tag, channels: [channel] });
  }
  return [...groups.values()];
}
