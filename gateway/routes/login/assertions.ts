import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyError } from 'fastify';
import type { Static } from 'typebox';
import { Fault, type FaultCode } from '../../../domain/fault.ts';
import { type LoggedIn, logIn, toDeviceName, type Wish } from '../../../service/login/login.ts';
import { provedAt } from '../../../service/login/void-codes.ts';
import { type Asserted, createAssertionCheck } from '../../access/assertion.ts';
import { becomeCallerWithin } from '../../access/audit.ts';
import { OAuthFault } from '../../access/oauth-fault.ts';
import type { Context } from '../../context.ts';
import { problems } from '../../schemas/common.ts';
import { AccessToken, AssertionBody, OAuthError } from '../../schemas/login.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const FORM = 'application/x-www-form-urlencoded';
/** As the audit trail has it. */
const CODES: Readonly<Record<OAuthFault['error'], FaultCode>> = {
  invalid_request: 'INVALID_ARGUMENT',
  invalid_grant: 'UNAUTHENTICATED',
  unsupported_grant_type: 'INVALID_ARGUMENT',
  interaction_required: 'CONFIRMATION_REQUIRED',
};

/** Logins by an assertion of a carrier that knows whose line it is (RFC 7523, RFC 6749 section 4.5). */
export function assertionRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { config, now } = context;
  const check = createAssertionCheck(config.assertions, context.elapsed);

  async function exchange({ grant_type, assertion, ...rest }: Static<typeof AssertionBody>): Promise<LoggedIn> {
    if (!grant_type) throw new OAuthFault('invalid_request', 'grant_type is missing.');
    if (grant_type !== GRANT || config.assertions.issuers.length === 0)
      throw new OAuthFault(
        'unsupported_grant_type',
        `Only ${GRANT} is taken, and only if the operator has named issuers.`,
      );
    if (!assertion) throw new OAuthFault('invalid_request', 'assertion is missing.');
    const wish: Wish = { deviceName: toDeviceName(rest.deviceName), existing: rest.existing ?? 'unsaid' };
    return logInOnce(context, await check(assertion, now()), wish);
  }

  return async (app) => {
    app.setErrorHandler(async (error: FastifyError, request, reply) => {
      const fault = toOAuthFault(error);
      // Troubles of ours are told as everywhere else.
      if (!fault) throw error;
      request.faultCode = CODES[fault.error];
      return reply
        .code(400)
        .header('cache-control', 'no-store')
        .send({ error: fault.error, error_description: fault.message });
    });
    app.addContentTypeParser(FORM, { parseAs: 'string' }, async (_request: unknown, body: string | Buffer) =>
      toFields(`${body}`),
    );
    app.post(
      '/tokens',
      {
        schema: {
          tags: ['login'],
          security: [],
          operationId: 'exchangeAssertion',
          summary: 'Log in with a carrier’s assertion (RFC 7523)',
          description: `Form fields or JSON. \`grant_type\` is ${GRANT}; \`assertion\` a signed JWT with \`iss\`, \`aud\`, \`iat\`, \`exp\`, \`jti\` and the number as \`sub\` (tel:+…) or \`phone_number\`. Each is taken once. After \`interaction_required\` the same one may be sent again, with \`existing\`. Errors of the caller are those of RFC 6749, section 5.2.`,
          consumes: [FORM, 'application/json'],
          body: AssertionBody,
          response: { 200: AccessToken, 400: OAuthError, ...problems },
        },
      },
      async (request, reply) => {
        const loggedIn = await exchange(request.body);
        await becomeCallerWithin(context, request, loggedIn);
        return reply.header('cache-control', 'no-store').send(toAnswer(loggedIn, now()));
      },
    );
  };
}

/** An assertion that led to nothing through a trouble of ours may be sent again. */
async function logInOnce(
  context: Context,
  { phoneNumber, issuer, jti, madeAt, until }: Asserted,
  wish: Wish,
): Promise<LoggedIn> {
  const { assertions } = context.stores;
  const proved = await provedAt(context, phoneNumber, context.keyedHash('assertion', issuer, jti), madeAt);
  if (!proved)
    throw new OAuthFault(
      'invalid_grant',
      'The assertion is not accepted: it may be from before the number went to somebody else, or to another SIM.',
    );
  if (!(await assertions.use(issuer, jti, until)))
    throw new OAuthFault('invalid_grant', 'The assertion is not accepted: it was used before.');
  return logIn(context, proved, wish, async () => {}).catch(async (err: unknown) => {
    await assertions.forget(issuer, jti);
    throw err;
  });
}

/** @throws OAuthFault for a field that comes twice (RFC 6749, section 3.2) */
function toFields(text: string): Record<string, string> {
  const fields = new URLSearchParams(text);
  if (new Set(fields.keys()).size < [...fields].length)
    throw new Fault('INVALID_ARGUMENT', 'A form field comes twice.');
  return Object.fromEntries(fields);
}

function toOAuthFault(error: FastifyError): OAuthFault | undefined {
  if (error instanceof OAuthFault) return error;
  if (error instanceof Fault && error.code === 'CONFIRMATION_REQUIRED')
    return new OAuthFault('interaction_required', error.message);
  if (error instanceof Fault && error.code === 'UNAUTHENTICATED')
    return new OAuthFault('invalid_grant', 'The number has just gone to somebody else, or to another SIM.');
  const wrong = error.validation !== undefined || (error instanceof Fault && error.code === 'INVALID_ARGUMENT');
  return wrong ? new OAuthFault('invalid_request', error.message) : undefined;
}

function toAnswer({ subscriber, password, issued }: LoggedIn, now: number) {
  return {
    access_token: issued.token,
    token_type: 'Bearer' as const,
    expires_in: Math.floor((issued.expiresAt - now) / 1000),
    subscriberId: subscriber.id,
    jid: subscriber.jid,
    ...(password === undefined ? {} : { password }),
  };
}
