import { connect } from 'node:net';

export type TextStream = Awaited<ReturnType<typeof openTextStream>>;

const PATIENCE = 10_000;

/**
 * A TCP connection to a server on this machine that hands over text as it comes. An XMPP library would parse every stanza;
 * here that time is missing to what is measured, as all of it shares one machine. `encoding`: of what comes.
 */
export async function openTextStream(port: number, encoding: 'utf8' | 'latin1' = 'utf8') {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.setEncoding(encoding);
  const listeners = new Set<(chunk: string) => void>();
  socket.on('data', (chunk: unknown) => {
    for (const listener of listeners) listener(chunk as string);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });

  return {
    /** This end's. */
    localPort: socket.localPort as number,
    onText: (listener: (chunk: string) => void) => void listeners.add(listener),
    /** Calls back once if the other side ends the connection. */
    onEnd: (listener: (error: Error) => void) =>
      void socket.once('close', () => listener(failure ?? new Error('The server ended the connection.'))),
    write: (text: string) => void socket.write(text),
    /** Sends `text` and waits until what comes back matches; at most 10 s. */
    ask(text: string, pattern: RegExp): Promise<string> {
      return new Promise((resolve, reject) => {
        let heard = '';
        const timer = setTimeout(() => end(new Error(`No answer like ${pattern}, but: ${heard}`)), PATIENCE);
        function listen(chunk: string): void {
          heard += chunk;
          if (pattern.test(heard)) end();
        }
        function end(error?: Error): void {
          clearTimeout(timer);
          listeners.delete(listen);
          if (error) reject(error);
          else resolve(heard);
        }
        listeners.add(listen);
        socket.write(text);
      });
    },
    close: () => void socket.destroy(),
  };
}

/** Finds every match of a global pattern in a text that comes in pieces. */
export function createScanner(pattern: RegExp, found: (match: RegExpExecArray) => void): (chunk: string) => void {
  const LONGEST_STANZA = 16_384;
  let rest = '';
  return (chunk) => {
    rest += chunk;
    let end = 0;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(rest); match; match = pattern.exec(rest)) {
      end = pattern.lastIndex;
      found(match);
    }
    rest = rest.slice(Math.max(end, rest.length - LONGEST_STANZA));
  };
}
