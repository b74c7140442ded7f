import { expect } from 'chai';
import fastify from 'fastify';
import { requireDeclaredAccess } from '../../../gateway/access/access.ts';

describe('gateway/access/access', () => {
  it('lets no route start that does not say who may call it', async () => {
    const app = fastify();
    await app.register(async (v1) => {
      requireDeclaredAccess(v1);
      v1.get('/declared', { config: { access: { scope: 'audit:read' } } }, async () => 'ok');
    });
    const open = app.register(async (v1) => {
      requireDeclaredAccess(v1);
      v1.get('/forgotten', async () => 'ok');
    });
    const failure = await open.then(
      () => undefined,
      (err: Error) => err.message,
    );
    expect(failure).to.contain('GET /forgotten does not say who may call it');
    await app.close();
  });
});
