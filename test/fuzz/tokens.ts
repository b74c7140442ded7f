import fc from 'fast-check';
import { claims, type SigningKey } from '../support/http/issuer.ts';
import { hostileText } from './hostile-text.ts';
import { inParallel } from './in-parallel.ts';
import { hostileJson } from './schema-values.ts';
import { type Surface, shown } from './surface.ts';
import { wrongWith } from './verdict.ts';
import type { World } from './world.ts';

const LINES = 12;
/** Too long for the headers that Node takes. */
const TOO_LONG = 15_000;

const CLAIMS = ['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'nbf', 'jti', 'scope', 'crit', 'cnf'];
const HEADERS = ['alg', 'kid', 'typ', 'crit', 'jwk', 'jku', 'x5u', 'x5c', 'zip', 'b64', 'cty', 'enc'];
const ALGORITHMS = ['none', 'None', 'HS256', 'RS256', 'ES256', 'PS512', 'EdDSA', 'A128KW', 'dir', '', 'RS256\u0000'];

/** A token to make: what is signed is `claims` with one change; what is only put together is any header and any signature. */
type Plan = {
  signed: boolean;
  claim: [name: string, value: unknown];
  header: [name: string, value: unknown];
  signature: string;
  edit: { at: number; drop: number; insert: string };
};

const plans: fc.Arbitrary<Plan> = fc.record({
  signed: fc.boolean(),
  claim: fc.tuple(fc.constantFrom(...CLAIMS), hostileJson),
  header: fc.oneof(
    fc.tuple(fc.constant('alg'), fc.constantFrom(...ALGORITHMS)),
    fc.tuple(fc.constantFrom(...HEADERS), hostileJson),
  ),
  signature: fc.oneof(fc.constant(''), fc.base64String({ maxLength: 600 }).map(urlSafe)),
  edit: fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.oneof(fc.constant(0), fc.nat(40)),
    insert: fc.oneof({ weight: 5, arbitrary: fc.constant('') }, { weight: 1, arbitrary: hostileText.map(visible) }),
  }),
});

/** Access tokens that nobody should take, at a gateway with an issuer: always 401 or 403. */
export function tokenSurface(world: World): Surface {
  return {
    name: 'access tokens',
    inputs: { nightly: 5_000, brief: 200 },
    async run(count, seed) {
      const key = await world.issuer.newKey('RS256');
      key.publish();
      const findings: string[] = [];
      const sampled = fc.sample(plans, { seed, numRuns: count });
      await inParallel(LINES, sampled, async (plan) => {
        const token = await tokenOf(plan, world, key);
        const answer = await world.api.call('GET', '/v1/audit', undefined, { authorization: `Bearer ${token}` });
        const type = answer.headers.get('content-type') ?? '';
        const allowed = token.length > TOO_LONG ? [401, 403, 431] : [401, 403];
        const wrong =
          wrongWith({ ...answer, type }, 'GET') ?? (allowed.includes(answer.status) ? undefined : `${answer.status}`);
        if (wrong !== undefined && findings.length < 10) findings.push(`${wrong} to ${shown({ token, plan })}`);
      });
      return { findings };
    },
  };
}

/** No client of this issuer is registered, so that even a sound token opens nothing. */
async function tokenOf(plan: Plan, { issuer }: World, key: SigningKey): Promise<string> {
  const { claim, header, signature, edit } = plan;
  const payload = { ...claims(issuer), [claim[0]]: claim[1] };
  const own = { alg: key.alg, kid: key.kid, typ: 'at+jwt', [header[0]]: header[1] };
  const whole = plan.signed
    ? await key.sign(payload).catch(() => [own, payload].map(encoded).concat(signature).join('.'))
    : [own, payload].map(encoded).concat(signature).join('.');
  const from = Math.floor(edit.at * whole.length);
  return `${whole.slice(0, from)}${edit.insert}${whole.slice(from + edit.drop)}` || '.';
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function urlSafe(text: string): string {
  return text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

function visible(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '');
}
