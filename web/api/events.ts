/** One message of a stream (WHATWG HTML, section 9.2). */
export type ServerEvent = { event: string; data: string };

/**
 * The events of an answer's body, until it ends. EventSource would do this, but cannot send Authorization. Only what Earshot sends is
 * understood: one line of data, lines ended by LF. `onPiece` hears of every piece that arrives, comments included.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>, onPiece: () => void): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onPiece();
    const messages = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const event = /^event: (.*)$/m.exec(message)?.[1];
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data };
    }
  }
}
