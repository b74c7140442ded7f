import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { parseE164 } from '../../domain/phone.ts';
import { stripForbidden } from '../../domain/text.ts';
import { askForCode, proveAskedNumber } from '../../service/login/asked-code.ts';
import { countOne } from '../../service/login/limited.ts';
import { provideAccount } from '../../service/login/number-account.ts';
import { becomeCallerWithin, keepAudit } from '../access/audit.ts';
import type { Limit } from '../access/limits.ts';
import { askingOf, networkOf } from '../access/network.ts';
import { acceptText } from '../body/bodies.ts';
import type { Context } from '../context.ts';
import { answerStatuses } from './statuses.ts';

const NUMBER = /^\+?[1-9]\d{1,14}$/;
const PIN = /^\d{6}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LONGEST_PASSWORD = 256;
/** Codes that one installation of a client may ask for. */
const PER_INSTALLATION = [{ most: 3, window: 86_400_000 }];
const schema = { hide: true };

/**
 * How a Quicksy client registers (docs/quicksy.md): `GET /authentication/{number}` sends a code, `POST /password` shows it and sets the password. The protocol
 * puts the number into the URL; routes are logged here, never URLs.
 */
export function quicksyRoutes(context: Context, limit: Limit): FastifyPluginAsync {
  return async (app) => {
    app.decorateRequest('caller', undefined);
    app.addHook('onRequest', limit);
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    });
    answerStatuses(app);
    acceptText(app);
    keepAudit(app, context);

    app.get<{ Params: { number: string } }>(
      '/authentication/:number',
      { schema, exposeHeadRoute: false },
      async (request, reply) => {
        const phoneNumber = toNumber(request.params.number);
        const installation = installationOf(request);
        if (installation === undefined || !request.headers['accept-language'])
          throw new Fault('INVALID_ARGUMENT', 'Missing installation id');
        const counted = await countOne(context, 'codes of an installation', installation, PER_INSTALLATION);
        const asker = ['quicksy', phoneNumber, installation] as const;
        await askForCode(context, asker, phoneNumber, askingOf(request.ip)).catch(async (err: unknown) => {
          await counted.giveBack();
          throw err;
        });
        return reply.type('text/plain').send('');
      },
    );

    app.post('/password', { schema, bodyLimit: 4 * LONGEST_PASSWORD }, async (request, reply) => {
      const { phoneNumber, pin } = toCredentials(request.headers.authorization);
      const password = toPassword(request.body);
      const asker = ['quicksy', phoneNumber, installationOf(request) ?? ''] as const;
      const proof = await proveAskedNumber(context, asker, pin, networkOf(request.ip));
      // Which is also what a client hears whose code has expired.
      if (!proof) throw new Fault('NOT_FOUND', 'No code was asked for, or it has expired');
      try {
        const provided = await provideAccount(context, proof, password);
        await proof.useUp();
        await becomeCallerWithin(context, request, provided);
        return await reply
          .code(provided.created ? 201 : 200)
          .type('text/plain')
          .send('');
      } catch (err) {
        await proof.giveBack();
        throw err;
      }
    });
  };
}

function installationOf({ headers }: FastifyRequest): string | undefined {
  const id = headers['installation-id'];
  return typeof id === 'string' && UUID.test(id) ? id : undefined;
}

function toNumber(text: string): string {
  const phoneNumber = NUMBER.test(text) ? parseE164(`+${text.replace('+', '')}`) : undefined;
  if (phoneNumber === undefined) throw new Fault('INVALID_ARGUMENT', 'phone number is not formatted to E164');
  return phoneNumber;
}

/** Base64 of number and code with a NUL in front of each, as SASL PLAIN has it (RFC 4616), and without a scheme. */
function toCredentials(header: string | undefined): { phoneNumber: string; pin: string } {
  if (header === undefined) throw new Fault('UNAUTHENTICATED', 'Missing authorization');
  const [number, pin, ...more] = Buffer.from(header, 'base64').toString('utf8').split('\u0000').filter(Boolean);
  if (number === undefined || pin === undefined || more.length > 0 || !PIN.test(pin))
    throw new Fault('INVALID_ARGUMENT', 'Unable to parse authorization');
  return { phoneNumber: toNumber(number), pin };
}

function toPassword(body: unknown): string {
  const password = typeof body === 'string' ? body : '';
  if (password === '' || password.length > LONGEST_PASSWORD || stripForbidden(password) !== password)
    throw new Fault('INVALID_ARGUMENT', 'Missing password');
  return password;
}
