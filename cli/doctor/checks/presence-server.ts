import type { SipConfig } from '../../../runtime/config/sip-config.ts';
import { type Answer, connect } from '../../../sip/connection.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';

/** The user about whom it is asked: nobody's number. */
const NOBODY = 'earshot';

/**
 * Whether the carrier's presence server can be reached, takes the credentials, and takes publications. It is asked to remove what
 * nobody has published (RFC 3903, section 4.5), about a user that is nobody's number: nothing is shown to anybody.
 */
export const presenceServer: Check = {
  name: 'sip',
  async look({ sip, needs }) {
    if (!sip) return [];
    needs('EARSHOT_SIP_SERVER', 'EARSHOT_SIP_DOMAIN', 'EARSHOT_SIP_USER', 'EARSHOT_SIP_PASSWORD');
    try {
      return judge(await ask(sip), sip.login !== undefined);
    } catch (err) {
      return fault(
        `${(err as Error).message}: no phone sees what plays. Start what listens at EARSHOT_SIP_SERVER, or mend the address; for a certificate of an authority of your own set NODE_EXTRA_CA_CERTS`,
      );
    }
  },
};

/** @throws ConnectionLost @throws NoAnswer */
async function ask({ place, login }: Pick<SipConfig, 'place' | 'login'>): Promise<Answer> {
  const connection = await connect(place, login);
  try {
    return await connection.publish({
      user: NOBODY,
      headers: ['Expires: 0', 'SIP-If-Match: doctor'],
      body: undefined,
    });
  } finally {
    connection.end();
  }
}

function judge({ status }: Pick<Answer, 'status'>, hasLogin: boolean): Finding {
  if (status === 401 || status === 407)
    return fault(
      hasLogin
        ? 'the presence server refuses EARSHOT_SIP_USER and EARSHOT_SIP_PASSWORD: set those that it knows (digest, with MD5 or SHA-256)'
        : 'the presence server asks for a password: set EARSHOT_SIP_USER and EARSHOT_SIP_PASSWORD',
    );
  if ([405, 489, 501].includes(status))
    return fault(
      `the presence server answers a publication ${status}: it takes none of presence. Have it serve PUBLISH (RFC 3903), or mend EARSHOT_SIP_SERVER`,
    );
  if (status === 503 || status === 429)
    return warning(`the presence server answers ${status}: it wants to be left alone for a while; look again later`);
  return ok(`the presence server answers${hasLogin ? ', and takes EARSHOT_SIP_USER' : ''}; nothing was published`);
}
