import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { MOST_BLOCKED } from '../../domain/friendship/privacy.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { type BlockedPerson, toBlocked } from '../../service/friendship/blocked-people.ts';
import { changePrivacy } from '../../service/friendship/privacy.ts';
import { requireReach } from '../../service/subscriber/reach.ts';
import { toE164 } from '../../service/subscriber/subscriber-fields.ts';
import { rangesOf, subscriberOf } from '../access/auth.ts';
import { createManyBlockedLimit, FEW_BLOCKED } from '../access/many-blocked.ts';
import type { Context } from '../context.ts';
import { privacyView, toPrivacy, unseenBlocked } from '../friends/privacy-settings.ts';
import { expectedVersion } from '../http/conditions.ts';
import { quoted, tagWithVersion } from '../http/entity-tags.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';
import { PrivacyBody, PrivacyView } from '../schemas/privacy.ts';

const PATH = '/subscribers/:subscriberId/privacy';
/** Bytes of the settings: the most blocked people, with room to spare. */
const BODY_LIMIT = 256 * 1024;
const tags = ['privacy'];

/** A subscriber's consent: who may find it, who sees the tune, whom it blocks. Stronger than any policy. */
export function privacyRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, config } = context;
  const limit = createManyBlockedLimit(context);

  async function view(request: FastifyRequest, id: string) {
    const [state, blocked] = await Promise.all([stores.privacies.read(id), stores.privacies.blocked(id)]);
    const body = await privacyView(context, rangesOf(request), id, state, blocked);
    return { etag: quoted(tagWithVersion(state.version, body)), body };
  }

  /**
   * With EARSHOT_CONSENT=subscriber only the subscriber itself may become discoverable. A carrier
   * may write settings that say so only where the subscriber has said so before; returns the
   * version of those settings, as the write must not replace any other. Undefined where this does
   * not apply. @throws Fault PERMISSION_DENIED
   */
  async function consentedAt(request: FastifyRequest, id: string): Promise<number | undefined> {
    if (config.consent === 'operator' || request.caller?.kind === 'subscriber') return undefined;
    const { privacy, version } = await stores.privacies.read(id);
    if (privacy.discoverable) return version;
    throw new Fault('PERMISSION_DENIED', 'Only the subscriber itself can become discoverable, with its own token.');
  }

  /**
   * Whom to block: the people whom the caller names, and the blocked numbers outside its ranges,
   * which it does not see and cannot change. `version`: of the settings in which those stood.
   */
  async function blockedBy(request: FastifyRequest, id: string, people: readonly BlockedPerson[]) {
    const grant = rangesOf(request);
    await eachInTurns(people, (one) => {
      if ('phoneNumber' in one) requireReach(grant, toE164(one.phoneNumber));
    });
    if (grant.ranges.length === 0) return { blocked: await toBlocked(context, id, people) };
    const { version } = await stores.privacies.read(id);
    const all = [...people, ...(await unseenBlocked(context, grant, id, await stores.privacies.blocked(id)))];
    if (all.length > MOST_BLOCKED)
      throw new Fault(
        'INVALID_ARGUMENT',
        `With numbers that this credential does not reach more than ${MOST_BLOCKED} are blocked.`,
      );
    return { blocked: await toBlocked(context, id, all), version };
  }

  return async (app) => {
    app.get(
      PATH,
      {
        config: { access: { scope: 'privacy:read', self: true }, withdraws: true },
        schema: {
          tags,
          operationId: 'getPrivacy',
          summary: 'Who may find the subscriber, who sees its tune, whom it blocks',
          params: SubscriberParams,
          response: { 200: PrivacyView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        if ((await stores.privacies.countBlocked(id)) > FEW_BLOCKED) await limit(request, reply);
        const { etag, body } = await view(request, id);
        return reply.header('etag', etag).send(body);
      },
    );

    app.put(
      PATH,
      {
        config: { access: { scope: 'privacy:write', self: true }, compares: true, withdraws: true, answersTag: true },
        bodyLimit: BODY_LIMIT,
        // Before each of them is looked at.
        preValidation: async (request, reply) => {
          if (bringsMany(request.body)) await limit(request, reply);
        },
        schema: {
          tags,
          operationId: 'replacePrivacy',
          summary: 'Replace these settings',
          description:
            'They hold within a second. With If-Match, settings that somebody else has changed are left: 412.',
          params: SubscriberParams,
          body: PrivacyBody,
          response: { 200: PrivacyView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const privacy = toPrivacy(request.body);
        const consented = privacy.discoverable ? await consentedAt(request, id) : undefined;
        // Before the numbers, which are what such a call costs.
        const expected = await expectedVersion(request, () => stores.privacies.read(id));
        const { blocked, version } = await blockedBy(request, id, request.body.blocked);
        // The oldest that something was decided on: when another one is in force by now, nothing is changed.
        const versions = [expected, version, consented].filter((one) => one !== undefined);
        const ifVersion = versions.length === 0 ? undefined : Math.min(...versions);
        await changePrivacy(context, id, privacy, blocked, ifVersion);
        const { etag, body } = await view(request, id);
        return reply.header('etag', etag).send(body);
      },
    );
  };
}

/** Whether a body that nobody has looked at yet names many people. */
function bringsMany(body: unknown): boolean {
  const { blocked } = (body ?? {}) as { blocked?: unknown };
  return Array.isArray(blocked) && blocked.length > FEW_BLOCKED;
}
