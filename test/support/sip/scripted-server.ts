import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

/** A request as it came. `header`: the first of that name. */
export type SipRequest = { start: string; body: string; header(name: string): string | undefined };
/** What is sent back: a status with its headers, or what is written as it is; undefined: nothing at all. */
export type SipReply = { status: string; headers?: readonly string[] } | { raw: string } | undefined;

export type ScriptedServer = Awaited<ReturnType<typeof startScriptedServer>>;

/**
 * A presence server that does what no decent one does: it answers each request as `reply` says, now or later. What it was asked is in
 * `requests`. `port`: a free one where it is left out.
 */
export async function startScriptedServer(
  reply: (request: SipRequest, socket: Socket) => SipReply | Promise<SipReply>,
  port = 0,
) {
  const requests: SipRequest[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = createServer((socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let rest = '';
    socket.setEncoding('latin1');
    socket.on('data', async (chunk) => {
      rest += chunk;
      for (;;) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = rest.slice(0, end);
        const header = headerIn(head);
        const length = Number(header('Content-Length') ?? 0);
        if (rest.length < end + 4 + length) return;
        const body = Buffer.from(rest.slice(end + 4, end + 4 + length), 'latin1').toString();
        rest = rest.slice(end + 4 + length);
        const request = { start: head.split('\r\n', 1)[0] ?? '', body, header };
        requests.push(request);
        const answer = await reply(request, socket);
        if (answer !== undefined && !socket.destroyed)
          socket.write('raw' in answer ? answer.raw : answerTo(head, answer));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    /** Connections that were made so far. */
    opened: () => opened,
    /** Those of them that are still there. */
    open: () => sockets.size,
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function headerIn(head: string) {
  return (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(head)?.[1]?.trim();
}

/** RFC 3261, section 8.2.6. */
function answerTo(head: string, { status, headers = [] }: { status: string; headers?: readonly string[] }): string {
  const kept = head.split('\r\n').filter((line) => /^(?:via|from|to|call-id|cseq):/i.test(line));
  return `${[`SIP/2.0 ${status}`, ...kept, ...headers, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`;
}
