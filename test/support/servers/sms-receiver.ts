import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../eventually.ts';

const SECRET = Buffer.alloc(32, 7);

export type ReceivedSms = { id: string; phoneNumber: string; code: string; text: string; expiresAt: string };

/** An operator's SMS webhook: keeps what arrives with a good signature, and answers with `status` as long as it is set. */
export async function startSmsReceiver() {
  const received: ReceivedSms[] = [];
  const refused: ReceivedSms[] = [];
  const faults: string[] = [];
  let status = 200;
  let going = Promise.resolve();
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    await going;
    const fault = faultOf(request.headers, body);
    if (fault) faults.push(fault);
    else (status === 200 ? received : refused).push(JSON.parse(body) as ReceivedSms);
    response.writeHead(fault ? 401 : status, status === 307 ? { location: '/elsewhere' } : {}).end('thank you');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/sms`,
    secret: `whsec_${SECRET.toString('base64')}`,
    received,
    refused,
    faults,
    answer(code: number): void {
      status = code;
    },
    /** It takes requests and answers none, until the function that this returns is called. */
    hang(): () => void {
      let goOn = () => {};
      going = new Promise((resolve) => {
        goOn = resolve;
      });
      return goOn;
    },
    /** The newest message to that number. */
    async smsTo(phoneNumber: string): Promise<ReceivedSms> {
      return eventually(() => {
        const found = received.findLast((sms) => sms.phoneNumber === phoneNumber);
        expect(found, 'a text message').to.not.equal(undefined);
        return found as ReceivedSms;
      });
    },
    async stop(): Promise<void> {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** As Standard Webhooks has a receiver check it. */
function faultOf(headers: IncomingHttpHeaders, body: string): string | undefined {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name]),
  );
  if (Math.abs(Number(timestamp) - Date.now() / 1000) > 60) return 'timestamp';
  const wanted = Buffer.from(
    `v1,${createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  const sent = Buffer.from(signature ?? '');
  return sent.length === wanted.length && timingSafeEqual(sent, wanted) ? undefined : 'signature';
}
