/** Where the component connects to, and as whom. */
type Peer = { service: string; domain: string };

const REFUSED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];
const UNKNOWN_NAME = ['ENOTFOUND', 'EAI_AGAIN'];

/** What is wrong with the connection to the XMPP server, in the operator's words, with the setting to look at. */
export function streamAdvice(err: { condition?: string; code?: string }, { service, domain }: Peer): string {
  const at = `${service} (EARSHOT_COMPONENT_SERVICE)`;
  if (err.condition === 'not-authorized')
    return `the XMPP server has another secret for ${domain}: EARSHOT_COMPONENT_SECRET must be what its configuration gives this component (Prosody: component_secret; ejabberd: password)`;
  if (err.condition === 'host-unknown')
    return `at ${at} nobody knows a component ${domain} (EARSHOT_COMPONENT_DOMAIN): is the port that for components, and does the server’s configuration name this component? Prosody has to be restarted for a new one`;
  if (err.condition === 'conflict') return `another component is connected as ${domain}; this one stands by`;
  if (REFUSED.includes(err.code ?? '')) return `no XMPP server can be reached at ${at}`;
  if (UNKNOWN_NAME.includes(err.code ?? '')) return `the host of ${at} has no address`;
  return `the stream at ${at} broke off`;
}

/** For who listens there and does not speak XMPP, or a server that stands still. */
export function silenceAdvice({ service }: Peer, seconds: number): string {
  return `who listens at ${service} (EARSHOT_COMPONENT_SERVICE) did not let this component in within ${seconds} s: is it the XMPP server’s port for components?`;
}
