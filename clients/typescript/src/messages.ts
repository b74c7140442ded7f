/** A message of an event stream. */
export type Message = { id?: string; event?: string; data?: string; retry?: number };

/**
 * The messages of a stream (WHATWG HTML, section 9.2), as Earshot sends them: lines end with LF. Comments are passed over.
 * @throws Error where nothing comes for `silence` milliseconds
 */
export async function* readMessages(body: ReadableStream<Uint8Array>, silence: number): AsyncGenerator<Message> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await within(silence, reader.read());
      if (done) return;
      const messages = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = messages.pop() ?? '';
      yield* messages.map(toMessage);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function toMessage(text: string): Message {
  const message: Message = {};
  const data: string[] = [];
  for (const line of text.split('\n')) {
    const [, field, value = ''] = /^(id|event|data|retry): ?(.*)$/.exec(line) ?? [];
    if (field === 'id') message.id = value;
    if (field === 'event') message.event = value;
    if (field === 'data') data.push(value);
    if (field === 'retry' && /^\d+$/.test(value)) message.retry = Number(value);
  }
  if (data.length > 0) message.data = data.join('\n');
  return message;
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Nothing came for too long.')), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
