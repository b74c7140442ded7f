import { openTextStream } from '../load/text-stream.ts';

/** A request or an answer (RFC 3261, section 7): its first line, its headers as they stand there, and what follows them. */
export type SipMessage = { start: string; headers: string; body: string };
export type SipConnection = Awaited<ReturnType<typeof openSip>>;

const END_OF_HEADERS = '\r\n\r\n';

/**
 * A TCP connection to a SIP server on this machine. Answers are told apart by Call-ID and CSeq, and a request of the server
 * is confirmed with 200 once `onRequest` has seen it. What comes is read as it came, a character for each byte; what is sent is ASCII.
 */
export async function openSip(port: number, onRequest: (request: SipMessage) => void = () => {}) {
  const stream = await openTextStream(port, 'latin1');
  const via = `Via: SIP/2.0/TCP 127.0.0.1:${stream.localPort}`;
  const waiting = new Map<string, { resolve(answer: SipMessage): void; reject(error: Error): void }>();
  let counter = 0;

  function received(message: SipMessage): void {
    if (!message.start.startsWith('SIP/2.0 ')) {
      onRequest(message);
      stream.write(confirmation(message));
      return;
    }
    if (/^SIP\/2\.0 1/.test(message.start)) return;
    const id = idOf(message.headers);
    waiting.get(id)?.resolve(message);
    waiting.delete(id);
  }
  stream.onText(messageReader(received));
  stream.onEnd((error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });

  return {
    /** Where the server reaches this connection, for a Contact. */
    contactOf: (user: string) => `<sip:${user}@127.0.0.1:${stream.localPort};transport=tcp>`,
    /** Settles with the final answer, whatever it is. `headers` hold From, To, Call-ID and CSeq. */
    ask(method: string, uri: string, headers: readonly string[], body = ''): Promise<SipMessage> {
      counter += 1;
      const lines = [`${method} ${uri} SIP/2.0`, `${via};branch=z9hG4bK${counter}`, 'Max-Forwards: 70', ...headers];
      const text = `${[...lines, `Content-Length: ${body.length}`].join('\r\n')}${END_OF_HEADERS}${body}`;
      return new Promise((resolve, reject) => {
        waiting.set(idOf(text), { resolve, reject });
        stream.write(text);
      });
    },
    close: stream.close,
  };
}

/** The entity tag of what was published (RFC 3903, section 11.3.1). */
export function entityTag({ headers }: SipMessage): string | undefined {
  return /^SIP-ETag:[ \t]*(\S*)/im.exec(headers)?.[1];
}

function idOf(headers: string): string {
  return `${/^Call-ID:[ \t]*(\S*)/im.exec(headers)?.[1]} ${/^CSeq:[ \t]*(\d*)/im.exec(headers)?.[1]}`;
}

/** RFC 3261, section 8.2.6. */
function confirmation({ headers }: SipMessage): string {
  const kept = headers.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
  return `${['SIP/2.0 200 OK', ...kept, 'Content-Length: 0'].join('\r\n')}${END_OF_HEADERS}`;
}

/** Cuts a stream into messages (RFC 3261, section 18.3). */
function messageReader(found: (message: SipMessage) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    rest += chunk;
    for (;;) {
      const headersEnd = rest.indexOf(END_OF_HEADERS);
      if (headersEnd < 0) return;
      const startEnd = rest.indexOf('\r\n');
      const headers = rest.slice(startEnd + 2, headersEnd);
      const [, length = '0'] = /^Content-Length:[ \t]*(\d+)/im.exec(headers) ?? [];
      const end = headersEnd + END_OF_HEADERS.length + Number(length);
      if (rest.length < end) return;
      found({ start: rest.slice(0, startEnd), headers, body: rest.slice(end - Number(length), end) });
      rest = rest.slice(end);
    }
  };
}
