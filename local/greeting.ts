import type { DemoSubscriber } from './demo/demo-store.ts';

/** What the greeting tells about. */
export interface GreetingFacts {
  gatewayUrl: string;
  operatorKey: string;
  xmpp: { host: string; port: number };
  /** The XMPP server’s. */
  certificate: string | undefined;
  demo: DemoSubscriber[];
  dataDir: string;
  /** Whether the gateway offers the friends page. */
  page: boolean;
}

/** What `npm start` prints when all is ready, what to try first; the commands in it work when pasted. */
export function greeting(facts: GreetingFacts): string {
  const lines = [
    '',
    'Earshot is ready.',
    ...demoLines(facts),
    '',
    ...addressLines(facts),
    '',
    'Ctrl-C ends everything.',
    '',
  ];
  return lines.join('\n');
}

function demoLines({ gatewayUrl, demo, page }: GreetingFacts): string[] {
  const [player, friend] = demo;
  if (player === undefined || friend === undefined) return [];
  return [
    ...(page ? ['', `Open the page of ${friend.displayName}:`, '', `  ${gatewayUrl}/#token=${friend.token}`] : []),
    '',
    `Let ${player.displayName} play a song, from another terminal:`,
    '',
    `  ${playCommand(gatewayUrl, player.token)}`,
    '',
    `What ${friend.displayName} sees, as an event stream:`,
    '',
    `  curl -N -H 'Authorization: Bearer ${friend.token}' ${gatewayUrl}/v1/subscribers/me/friends/events`,
  ];
}

function addressLines({ gatewayUrl, operatorKey, xmpp, certificate, demo, dataDir, page }: GreetingFacts): string[] {
  return [
    ...(page ? [`  Friends page   ${gatewayUrl}/`] : []),
    `  HTTP API       ${gatewayUrl}/v1, described at ${gatewayUrl}/docs`,
    `  Operator key   ${operatorKey}`,
    `  Login codes    curl -H 'Authorization: Bearer ${operatorKey}' ${gatewayUrl}/v1/verification/outbox`,
    `  Data and logs  ${dataDir}`,
    `  XMPP clients   ${xmpp.host}, port ${xmpp.port}, certificate ${certificate}`,
    ...demo.map(({ displayName, jid, password }) => `  ${displayName.padEnd(13)}  ${jid}, password ${password}`),
  ];
}

function playCommand(gatewayUrl: string, token: string): string {
  const tune = {
    kind: 'audio',
    title: 'Clair de lune',
    artist: 'Claude Debussy',
    source: 'Suite bergamasque',
    length: 302,
  };
  return [
    'curl -X PUT',
    `-H 'Authorization: Bearer ${token}'`,
    "-H 'Content-Type: application/json'",
    `-d '${JSON.stringify(tune)}'`,
    `${gatewayUrl}/v1/subscribers/me/now-playing`,
  ].join(' ');
}
