import { askPort } from '../ask-port.ts';

/** Whether the Redis at this port takes the password and has loaded its data. Needs no client library. */
export function redisAnswers(port: number, password: string): Promise<boolean> {
  return askPort(port, `AUTH ${password}\r\nPING\r\n`, (answer) =>
    answer.split('\r\n').length > 2 ? answer === '+OK\r\n+PONG\r\n' : undefined,
  );
}
