import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { logIn, toDeviceName, type Wish } from '../../../service/login/login.ts';
import { proveNumber, sendCode } from '../../../service/login/verification.ts';
import { toE164 } from '../../../service/subscriber/subscriber-fields.ts';
import { becomeCallerWithin } from '../../access/audit.ts';
import { askingOf, networkOf } from '../../access/network.ts';
import type { Context } from '../../context.ts';
import { NumberQuery, notProven, problems } from '../../schemas/common.ts';
import { CodeBody, LoginView, SentCode } from '../../schemas/login.ts';

const tags = ['login'];
/** No credential: these calls are how one is got. */
const security: [] = [];

/** How a phone proves its number. */
export function verificationRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/verification/send-code',
      {
        schema: {
          tags,
          security,
          operationId: 'sendCode',
          summary: 'Have a code sent to a number',
          description:
            'Six digits by text message. Codes that are under way stay good. Few codes are sent to one number and for one network address: 429 with `Retry-After`. Lines and countries to which none are sent: 400.',
          body: NumberQuery,
          response: { 202: SentCode, ...problems },
        },
      },
      async (request, reply) => {
        const { phoneNumber } = request.body;
        const { authenticationId, expiresAt } = await sendCode(context, toE164(phoneNumber), askingOf(request.ip));
        return reply.code(202).send({ authenticationId, expiresAt: new Date(expiresAt).toISOString() });
      },
    );

    app.post(
      '/verification/validate-code',
      {
        schema: {
          tags,
          security,
          operationId: 'validateCode',
          summary: 'Log in with the code',
          description:
            'Who is not yet a subscriber becomes one, with an XMPP account whose password is shown this once. A code allows three tries. Whatever is wrong with it, the answer is the same 401. After 409 `CONFIRMATION_REQUIRED` the code is still good: send the same with `existing`.',
          body: CodeBody,
          response: { 200: LoginView, ...notProven, ...problems },
        },
      },
      async (request, reply) => {
        const { authenticationId, code, existing = 'unsaid' } = request.body;
        const wish: Wish = { deviceName: toDeviceName(request.body.deviceName), existing };
        const proof = await proveNumber(context, [authenticationId], code, networkOf(request.ip));
        const loggedIn = await logIn(context, proof, wish, proof.useUp).catch(async (err: unknown) => {
          await proof.giveBack();
          throw err;
        });
        const { subscriber, password, issued } = loggedIn;
        await becomeCallerWithin(context, request, loggedIn);
        return reply.header('cache-control', 'no-store').send({
          subscriberId: subscriber.id,
          token: issued.token,
          expiresAt: new Date(issued.expiresAt).toISOString(),
          jid: subscriber.jid,
          ...(password === undefined ? {} : { password }),
        });
      },
    );
  };
}
