import { randomUUID } from 'node:crypto';
import type { TestTune } from '../load/tunes.ts';
import { entityTag, type SipConnection } from './connection.ts';

/** Seconds; longer than a run. */
const EXPIRES = 3_600;

/** The presence of one user, published by PUBLISH (RFC 3903): each state replaces the one before by its entity tag. */
export function createPublisher(connection: SipConnection, uri: string) {
  const callId = randomUUID();
  const from = `From: <${uri}>;tag=${randomUUID()}`;
  let etag: string | undefined;
  let sequence = 0;
  return {
    /** Settles when the server has accepted it. */
    async publish(tune: TestTune): Promise<void> {
      sequence += 1;
      const answer = await connection.ask(
        'PUBLISH',
        uri,
        [
          from,
          `To: <${uri}>`,
          `Call-ID: ${callId}`,
          `CSeq: ${sequence} PUBLISH`,
          'Event: presence',
          `Expires: ${EXPIRES}`,
          ...(etag === undefined ? [] : [`SIP-If-Match: ${etag}`]),
          'Content-Type: application/pidf+xml',
        ],
        documentOf(uri, tune),
      );
      if (!answer.start.startsWith('SIP/2.0 200')) throw new Error(`The PUBLISH was answered ${answer.start}`);
      etag = entityTag(answer);
    },
  };
}

/** A presence document (RFC 3863, RFC 4479) that says in words, and by the elements of XEP-0118, what is played. */
function documentOf(uri: string, { title, artist, source, length }: TestTune): string {
  const note = `${title} - ${artist}`;
  return (
    `<?xml version="1.0" encoding="UTF-8"?><presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="${uri}">` +
    `<tuple id="earshot"><status><basic>open</basic></status><note>${note}</note></tuple>` +
    `<dm:person id="tune"><tune xmlns="http://jabber.org/protocol/tune"><artist>${artist}</artist><length>${length}</length>` +
    `<source>${source}</source><title>${title}</title></tune><dm:note>${note}</dm:note></dm:person></presence>`
  );
}
