import { connect } from 'node:net';

import { LOOPBACK } from './ports.ts';

/** Milliseconds for an answer: a busy machine may take long, and a server that dies closes the connection. */
const PATIENCE_MS = 30_000;

/**
 * Says something to the server at this port and looks at all that has come back, whenever more comes: `verdict` is undefined
 * until that suffices. False when it never does, or nobody is there.
 */
export function askPort(
  port: number,
  question: string,
  verdict: (answer: string) => boolean | undefined,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    let answer = '';
    function finish(good: boolean): void {
      socket.destroy();
      resolve(good);
    }
    socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write(question));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      const good = verdict(answer);
      if (good !== undefined) finish(good);
    });
  });
}
