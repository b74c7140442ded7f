import { expect } from 'chai';
import { toComponentConfig, toGatewayConfig, toWorkerConfig } from '../../runtime/config.ts';

const GATEWAY = {
  EARSHOT_HOME_HOST: 'op.example',
  EARSHOT_OPERATOR_KEY: 'k'.repeat(32),
  EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
  EARSHOT_SECRETS_KEY: 'cd'.repeat(32),
};

describe('runtime/config', () => {
  it('fills in what an operator need not say', () => {
    expect(toWorkerConfig({})).to.deep.equal({
      redisUrl: 'redis://127.0.0.1:6379',
      redisPrefix: 'earshot',
      policy: 'mutual',
      logLevel: 'info',
    });
    expect(toGatewayConfig(GATEWAY)).to.include({
      host: '127.0.0.1',
      port: 8080,
      tokenLifetime: 90 * 86_400_000,
      guessedNumbers: 'use',
      consent: 'operator',
    });
    expect(toComponentConfig({ EARSHOT_HOME_HOST: 'op.example', EARSHOT_COMPONENT_SECRET: 's' })).to.include({
      domain: 'tune.op.example',
      service: 'xmpp://127.0.0.1:5347',
      publishInterval: 5_000,
    });
  });

  it('takes no policy that there is not', () => {
    expect(() => toWorkerConfig({ EARSHOT_POLICY: 'both' })).to.throw('EARSHOT_POLICY must be one of: mutual, either.');
  });

  it('uses or ignores guessed numbers, and nothing between', () => {
    expect(toGatewayConfig({ ...GATEWAY, EARSHOT_GUESSED_NUMBERS: 'ignore' }).guessedNumbers).to.equal('ignore');
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_GUESSED_NUMBERS: 'no' })).to.throw(
      'EARSHOT_GUESSED_NUMBERS must be one of: use, ignore.',
    );
  });

  it('leaves consent to the operator or to the subscriber, and takes a secrets key of 32 bytes only', () => {
    expect(toGatewayConfig({ ...GATEWAY, EARSHOT_CONSENT: 'subscriber' }).consent).to.equal('subscriber');
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_CONSENT: 'none' })).to.throw('EARSHOT_CONSENT must be one of');
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_SECRETS_KEY: 'cd'.repeat(33) })).to.throw(
      'EARSHOT_SECRETS_KEY must be 32 random bytes',
    );
  });

  it('reports every fault at once, and repeats no value', () => {
    const bad = {
      EARSHOT_REDIS_URL: 'localhost',
      EARSHOT_HTTP_PORT: '70000',
      EARSHOT_OPERATOR_KEY: 'secret',
      EARSHOT_NUMBER_KEY: 'zz',
    };
    expect(() => toGatewayConfig(bad))
      .to.throw()
      .with.property('message')
      .that.satisfies((message: string) => {
        for (const name of ['EARSHOT_HOME_HOST', ...Object.keys(bad)]) expect(message).to.contain(name);
        return !message.includes('secret') && !message.includes('localhost');
      });
  });
});
