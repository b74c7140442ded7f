import { expect } from 'chai';
import { toGatewayConfig } from '../../../runtime/config/gateway-config.ts';
import { toWorkerConfig } from '../../../runtime/config/worker-config.ts';

const WORKER = { EARSHOT_NUMBER_KEY: 'ab'.repeat(32), EARSHOT_SECRETS_KEY: 'cd'.repeat(32) };
const GATEWAY = {
  ...WORKER,
  EARSHOT_HOME_HOST: 'op.example',
  EARSHOT_OPERATOR_KEY: 'k'.repeat(32),
};
const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const URL = 'https://sms.example/send';
const ISSUER = {
  EARSHOT_ASSERTION_ISSUER: 'https://a.example https://b.example',
  EARSHOT_ASSERTION_JWKS_URL: 'https://a.example/jwks file:///etc/earshot/b.pem',
  EARSHOT_ASSERTION_AUDIENCE: 'earshot',
};

describe('runtime/config/login-config', () => {
  it('sends codes as well-run services do, unless it is told otherwise', () => {
    expect(toGatewayConfig(GATEWAY).verification).to.deep.equal({
      codeLifetime: 300_000,
      limits: {
        pair: [
          { most: 1, window: 30_000 },
          { most: 2, window: 180_000 },
          { most: 3, window: 900_000 },
          { most: 5, window: 3_600_000 },
        ],
        number: [
          { most: 4, window: 600_000 },
          { most: 8, window: 3_600_000 },
        ],
        address: [{ most: 5, window: 300_000 }],
        site: [{ most: 20, window: 3_600_000 }],
        country: [{ most: 1000, window: 3_600_000 }],
        total: [{ most: 5000, window: 3_600_000 }],
        wrong: [{ most: 16, window: 300_000 }],
      },
      lines: { types: ['mobile', 'fixed-or-mobile'], countries: ['*'] },
      outbox: true,
    });
    const { verification } = toGatewayConfig({
      ...GATEWAY,
      EARSHOT_CODES_PER_ADDRESS: '50/60',
      EARSHOT_SMS_WEBHOOK_URL: URL,
      EARSHOT_CODE_COUNTRIES: 'CN, 001',
      EARSHOT_CODE_TYPES: 'mobile',
    });
    expect(verification.lines).to.deep.equal({ types: ['mobile'], countries: ['CN', '001'] });
    expect(verification.limits.address).to.deep.equal([{ most: 50, window: 60_000 }]);
    expect(verification.outbox).to.equal(false);
  });

  it('reads webhook, text and issuers', () => {
    const { sms } = toWorkerConfig({
      ...WORKER,
      EARSHOT_SMS_WEBHOOK_URL: URL,
      EARSHOT_SMS_WEBHOOK_SECRET: SECRET,
      EARSHOT_SMS_TEXT: ' Dein\tCode: {code}\u202e ',
    });
    expect(sms).to.deep.equal({ webhook: { url: URL, secret: Buffer.alloc(24, 1) }, text: 'Dein Code: {code}' });
    const { assertions } = toGatewayConfig({
      ...GATEWAY,
      ...ISSUER,
      EARSHOT_ASSERTION_RANGES: '+8613,+8615 *',
    });
    expect(assertions).to.deep.equal({
      issuers: [
        { issuer: 'https://a.example', keys: 'https://a.example/jwks', ranges: ['+8613', '+8615'] },
        { issuer: 'https://b.example', keys: 'file:///etc/earshot/b.pem', ranges: [] },
      ],
      audience: 'earshot',
    });
  });

  const BAD: [string, Record<string, string>][] = [
    ['EARSHOT_CODES_PER_NUMBER', { EARSHOT_CODES_PER_NUMBER: '1 in 120' }],
    ['EARSHOT_CODES_PER_ADDRESS', { EARSHOT_CODES_PER_ADDRESS: '0/60' }],
    ['EARSHOT_CODE_COUNTRIES', { EARSHOT_CODE_COUNTRIES: 'China' }],
    ['EARSHOT_CODE_COUNTRIES', { EARSHOT_CODE_COUNTRIES: '', EARSHOT_SMS_WEBHOOK_URL: URL }],
    ['EARSHOT_CODE_TYPES', { EARSHOT_CODE_TYPES: 'mobile,premium-rate' }],
    ['EARSHOT_SMS_WEBHOOK_URL', { EARSHOT_SMS_WEBHOOK_URL: 'http://sms.example/send' }],
    ['EARSHOT_ASSERTION_JWKS_URL', { ...ISSUER, EARSHOT_ASSERTION_JWKS_URL: 'https://a.example/jwks' }],
    [
      'EARSHOT_ASSERTION_JWKS_URL',
      { ...ISSUER, EARSHOT_ASSERTION_JWKS_URL: 'https://a.example/jwks http://b.example/jwks' },
    ],
    ['EARSHOT_ASSERTION_AUDIENCE', { ...ISSUER, EARSHOT_ASSERTION_AUDIENCE: '' }],
    ['EARSHOT_ASSERTION_RANGES', { ...ISSUER, EARSHOT_ASSERTION_RANGES: '+8613' }],
    ['EARSHOT_ASSERTION_RANGES', { ...ISSUER, EARSHOT_ASSERTION_RANGES: '86 *' }],
  ];
  for (const [name, env] of BAD)
    it(`refuses ${JSON.stringify(env[name])} as ${name}`, () =>
      expect(() => toGatewayConfig({ ...GATEWAY, ...env })).to.throw(name));

  it('sends nothing unsigned, and no text without the code', () => {
    for (const secret of ['', 'secret', 'whsec_c2hvcnQ='])
      expect(() =>
        toWorkerConfig({ ...WORKER, EARSHOT_SMS_WEBHOOK_URL: URL, EARSHOT_SMS_WEBHOOK_SECRET: secret }),
      ).to.throw('EARSHOT_SMS_WEBHOOK_SECRET');
    for (const text of ['Your code', `{code}${'x'.repeat(480)}`])
      expect(() => toWorkerConfig({ ...WORKER, EARSHOT_SMS_TEXT: text })).to.throw('EARSHOT_SMS_TEXT');
  });
});
