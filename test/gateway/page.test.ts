import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

const SEARCH = 'https://search.example/?q={title}';

describe('the gateway’s friends page', () => {
  const redis = useRedis();
  let gateway: TestGateway;
  let closed: TestGateway;

  before(async () => {
    gateway = await openTestGateway(redis, { EARSHOT_SEARCH_URL: SEARCH, EARSHOT_PAGE_NAME: 'Friends of op' });
    closed = await openTestGateway(redis, { EARSHOT_PAGE: 'off' });
  });

  after(async () => {
    await gateway?.stop();
    await closed?.stop();
  });

  const get = (url: string) => gateway.call({ method: 'GET', url });
  const assets = async () => [...(await get('/')).text.matchAll(/"(\/page\/[^"]+)"/g)].map(([, path = '']) => path);

  it('is one document that is asked for anew each time, and files that never change', async () => {
    const page = await get('/');
    expect(page.headers).to.include({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
    const paths = await assets();
    expect(paths).to.have.length(3);
    for (const path of paths) {
      const { status, headers, text } = await get(path);
      expect([status, headers['content-type']]).to.deep.equal([
        200,
        types[path.split('.').pop() as keyof typeof types],
      ]);
      expect(headers['cache-control']).to.equal('public, max-age=31536000, immutable');
      expect(text).to.not.equal('');
      const head = await gateway.call({ method: 'HEAD', url: path });
      expect([head.status, head.text]).to.deep.equal([200, '']);
    }
  });

  it('runs its own script only, sends nothing elsewhere, and stands in no other page', async () => {
    const { headers, text } = await get('/');
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).to.include.members([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
    ]);
    expect(policy).to.include.members(["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]);
    expect(String(headers['content-security-policy'])).to.not.match(/unsafe|https?:|\*/);
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(text).to.not.match(/<script(?![^>]*src=)|<style|style=|\son\w+=|https?:/);
  });

  it('says what its operator has set, to anybody', async () => {
    expect((await get('/page/settings.json')).body).to.deep.equal({ name: 'Friends of op', searchUrl: SEARCH });
  });

  it('has no other files, whatever is asked for', async () => {
    for (const path of [
      'main.js',
      '..%2Findex.html',
      '%2e%2e%2f%2e%2e%2fpackage.json',
      '__proto__',
      'constructor',
      '%00',
    ])
      expect((await get(`/page/${path}`)).status, path).to.equal(404);
    for (const method of ['POST', 'PUT', 'DELETE'] as const)
      expect((await gateway.call({ method, url: '/' })).status).to.equal(404);
  });

  it('is not there when it is switched off', async () => {
    for (const url of ['/', '/page/settings.json', ...(await assets())])
      expect((await closed.call({ method: 'GET', url })).status, url).to.equal(404);
  });
});
