import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { request } from '../../support/players/players.ts';
import { startTestStack } from '../../support/stack.ts';

describe('the doors for players', () => {
  it('let pages of any origin call, whatever the API’s own origins are', async () => {
    const stack = await startTestStack({ env: { EARSHOT_CORS_ORIGINS: 'https://app.example' } });
    try {
      const headers = {
        origin: 'https://player.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      };
      for (const path of ['/1/submit-listens', '/web-scrobbler/x']) {
        const { status, headers: got } = await request(stack.gatewayUrl + path, { method: 'OPTIONS', headers });
        expect([status, got.get('access-control-allow-origin')], path).to.deep.equal([204, '*']);
      }
      const { headers: got } = await request(`${stack.gatewayUrl}/v1/subscribers`, { method: 'OPTIONS', headers });
      expect(got.get('access-control-allow-origin')).to.not.equal('*');
    } finally {
      await stack.stop();
    }
  });

  it('are found with slashes too many or too few, as players put addresses together', async () => {
    const stack = await startTestStack();
    try {
      const answer = async (path: string, method = 'GET') => (await request(stack.gatewayUrl + path, { method })).text;
      for (const path of ['//?hs=true', '/?hs=true', '/audioscrobbler//?hs=true', '/audioscrobbler?hs=true'])
        expect(await answer(path), path).to.equal('FAILED Only protocol version 1.2 is spoken here\n');
      for (const path of ['//1//validate-token', '/1/validate-token/?'])
        expect(await answer(path), path).to.contain('You need to provide an Authorization token.');
      for (const path of ['/2.0', '/2.0/', '//2.0//?method=x'])
        expect(await answer(path, 'POST'), path).to.contain('Only format=json is spoken here');
      expect(await answer('//web-scrobbler//x/', 'POST')).to.contain('This webhook is not known');
    } finally {
      await stack.stop();
    }
  });

  it('say in each protocol’s own words that one address has called too often', async () => {
    const stack = await startTestStack({ env: { EARSHOT_LIMIT_ADDRESS: '1', EARSHOT_LIMIT_SUBSCRIBER: '0' } });
    try {
      const answer = async (path: string, method = 'GET') => {
        const { status, text } = await request(stack.gatewayUrl + path, { method });
        return [status, text] as const;
      };
      await answer('/audioscrobbler/?hs=true');
      const [failed, words] = await answer('/audioscrobbler/?hs=true');
      expect([failed, words]).to.deep.equal([200, 'FAILED Too many requests; slow down\n']);
      const [listenBrainz, json] = await answer('/1/validate-token');
      expect([listenBrainz, JSON.parse(json).code]).to.deep.equal([429, 429]);
      const [lastFm, error] = await answer('/2.0/', 'POST');
      expect([lastFm, JSON.parse(error).error]).to.deep.equal([429, 29]);
      const [webhook, problem] = await answer('/web-scrobbler/x', 'POST');
      expect([webhook, JSON.parse(problem).code]).to.deep.equal([429, 'TOO_MANY_REQUESTS']);
    } finally {
      await stack.stop();
    }
  });

  it('are not there when they are closed, and nothing else is missing', async () => {
    const stack = await startTestStack({ env: { EARSHOT_PLAYERS: 'off' } });
    try {
      const api = createApi(stack);
      const alice = await api.join('+8613800138000');
      for (const path of ['/1/validate-token', '/audioscrobbler/?hs=true', '/web-scrobbler/x', '/2.0/'])
        expect((await request(stack.gatewayUrl + path)).status).to.equal(404);
      const passwords = api.call('POST', api.path(alice, 'application-passwords'), { name: 'A player' });
      await api.expectStatus(404, passwords);
      await api.play(alice, { title: 'By the API' });
    } finally {
      await stack.stop();
    }
  });
});
