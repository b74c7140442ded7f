import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

const [NAME_ERROR, REPLY, TYPE_A, TYPE_SRV] = [3, 0x8180, 1, 33];
/** As a name is written there. */
const LOCALHOST = Buffer.from('\x09localhost\x00', 'latin1');
const HEADER_BYTES = 12;

/**
 * A name server (RFC 1035) that knows the IPv4 addresses which `answer` tells of a name: none means
 * that nobody has it, undefined that nothing is answered. `services`: ports on this machine, by names of services (RFC 2782).
 */
export async function startNameServer(
  answer: (name: string) => readonly string[] | undefined,
  services: Readonly<Record<string, number>> = {},
) {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, end } = nameIn(query);
    const type = query.readUInt16BE(end - 4);
    const service = services[name];
    const found =
      type === TYPE_A
        ? answer(name)?.map(addressOf)
        : service !== undefined && type === TYPE_SRV
          ? [placeOf(service)]
          : [];
    if (found) socket.send(reply(query, end, found), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    place: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    stop: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

function addressOf(address: string): Buffer {
  return record(TYPE_A, Buffer.from(address.split('.').map(Number)));
}

/** The only place of that service: no other is better, and all of its share goes there. */
function placeOf(port: number): Buffer {
  return record(TYPE_SRV, Buffer.concat([Buffer.from([0, 0, 0, 0, port >> 8, port & 0xff]), LOCALHOST]));
}

/** The name of the question, something of the internet, for no time at all. */
function record(type: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]), data]);
}

function reply(query: Buffer, end: number, records: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(REPLY | (records.length === 0 ? NAME_ERROR : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(HEADER_BYTES, end), ...records]);
}
