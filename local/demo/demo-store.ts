import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { writePrivateJson } from '../secrets.ts';

/** A demo subscriber as `ready.json` shows it. */
export interface DemoSubscriber {
  subscriberId: string;
  displayName: string;
  phoneNumber: string;
  jid: string;
  password: string;
  token: string;
}

/** Keeps what the API tells only once, by phone number, in `demo.json` (mode 0600). */
export interface DemoStore {
  find(phoneNumber: string): DemoSubscriber | undefined;
  save(subscriber: DemoSubscriber): void;
}

/** Opens the demo store of a data folder. A broken file counts as none: all it holds can be made again. */
export function openDemoStore(dataDir: string): DemoStore {
  const file = join(dataDir, 'demo.json');
  const known = new Map(readAll(file).map((subscriber) => [subscriber.phoneNumber, subscriber]));
  return {
    find: (phoneNumber) => known.get(phoneNumber),
    save(subscriber) {
      known.set(subscriber.phoneNumber, subscriber);
      writePrivateJson(file, [...known.values()]);
    },
  };
}

function readAll(file: string): DemoSubscriber[] {
  if (!existsSync(file)) return [];
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(content) ? content : [];
  } catch {
    return [];
  }
}
