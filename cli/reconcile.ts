import { setTimeout as sleep } from 'node:timers/promises';
import { drawBar } from './bar.ts';
import { call, expectJson, type Server } from './server.ts';

type Progress = { state: 'none' | 'running' | 'done'; subscribers: number; done: number };

/** Milliseconds between two questions how far it has come. */
const PAUSE = 300;

/** `earshot reconcile --all`: begins a round through everybody and waits for its end. It goes on in the workers when this is interrupted. */
export async function reconcileAll(
  server: Server,
  json: boolean,
  print: (line: string) => void,
  terminal: NodeJS.WriteStream,
): Promise<number> {
  const began = Date.now();
  const body = { type: 'application/json', text: '{}' };
  expectJson(await call(server, 'POST', '/v1/reconciliations', body), 202);
  for (;;) {
    const { state, subscribers, done } = expectJson<Progress>(await call(server, 'GET', '/v1/reconciliations'), 200);
    if (terminal.isTTY)
      terminal.write(`\r${drawBar(subscribers === 0 ? 1 : done / subscribers)}  ${done} subscribers `);
    if (state !== 'running') {
      if (terminal.isTTY) terminal.write('\n');
      const seconds = Math.round((Date.now() - began) / 100) / 10;
      print(json ? JSON.stringify({ subscribers, seconds }) : `Looked at ${subscribers} subscribers in ${seconds} s.`);
      return 0;
    }
    await sleep(PAUSE);
  }
}
