import { connect } from 'node:net';

import { LOOPBACK } from '../ports.ts';

/** Milliseconds for an answer: a busy machine may take long, and a Redis that dies closes the connection. */
const PATIENCE_MS = 30_000;

/** Whether the Redis at this port takes the password and has loaded its data. Needs no client library. */
export function redisAnswers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    let answer = '';
    function finish(answered: boolean): void {
      socket.destroy();
      resolve(answered);
    }
    socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.split('\r\n').length > 2) finish(answer === '+OK\r\n+PONG\r\n');
    });
  });
}
