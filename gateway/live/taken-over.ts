import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { createLineWriter, type LineWriter, type WriterCalls } from './line-writer.ts';

/**
 * Takes an answer over from Fastify, to be an event stream (WHATWG HTML, section 9.2); it begins when what comes back is called, which holds nothing
 * of the request.
 */
export function takeOver(reply: FastifyReply): (calls: WriterCalls) => LineWriter {
  reply.hijack();
  letGo(reply);
  reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  const [response, headers] = [reply.raw, reply.getHeaders() as OutgoingHttpHeaders];
  return (calls) => createLineWriter(response, headers, calls);
}

/** Fastify keeps request and reply for when the answer is over, by one listener for both ways to end: hours, for a stream. */
function letGo({ raw }: FastifyReply): void {
  for (const listener of raw.listeners('error') as (() => void)[]) raw.off('error', listener).off('finish', listener);
}
