import { expect } from 'chai';
import { readServers } from '../../../component/server/kinds.ts';
import { toComponentConfig } from '../../../runtime/config/component-config.ts';
import { toGatewayConfig } from '../../../runtime/config/gateway-config.ts';
import { toWorkerConfig } from '../../../runtime/config/worker-config.ts';

const KEYS = { EARSHOT_NUMBER_KEY: 'ab'.repeat(32), EARSHOT_SECRETS_KEY: 'cd'.repeat(32) };
const GATEWAY = { ...KEYS, EARSHOT_OPERATOR_KEY: 'k'.repeat(32) };
const COMPONENT = { ...KEYS, EARSHOT_COMPONENT_SECRET: 's' };
const HOMES = { EARSHOT_HOMES: 'op.example brand.example=+4915,+4916' };

describe('runtime/config/homes-config', () => {
  it('has one home where nothing is said of several, and nothing is named after it', () => {
    const one = { EARSHOT_HOME_HOST: 'op.example' };
    for (const config of [
      toGatewayConfig({ ...GATEWAY, ...one }),
      toComponentConfig({ ...COMPONENT, ...one }, readServers),
    ])
      expect(config).to.deep.include({
        homes: [{ host: 'op.example', ranges: [] }],
        homeHost: 'op.example',
        hosts: [],
      });
    expect(toWorkerConfig(KEYS).hosts).to.deep.equal([]);
    expect(toGatewayConfig({ ...GATEWAY, EARSHOT_HOMES: 'op.example' }).hosts, 'a list of one').to.deep.equal([]);
  });

  it('reads the hosts and what the numbers of their new accounts begin with', () => {
    const gateway = toGatewayConfig({ ...GATEWAY, ...HOMES });
    expect(gateway.homes).to.deep.equal([
      { host: 'op.example', ranges: [] },
      { host: 'brand.example', ranges: ['+4915', '+4916'] },
    ]);
    const hosts = ['brand.example', 'op.example'];
    expect(gateway.hosts, 'in an order that the operator’s does not change').to.deep.equal(hosts);
    expect(toWorkerConfig({ ...KEYS, ...HOMES }).hosts).to.deep.equal(hosts);
  });

  it('tells a component which of them is its own, and has it named', () => {
    const own = { EARSHOT_HOME_HOST: 'brand.example' };
    expect(toComponentConfig({ ...COMPONENT, ...HOMES, ...own }, readServers)).to.include({
      homeHost: 'brand.example',
      domain: 'tune.brand.example',
    });
    expect(() => toComponentConfig({ ...COMPONENT, ...HOMES }, readServers)).to.throw('EARSHOT_HOME_HOST is not set.');
    expect(() =>
      toComponentConfig({ ...COMPONENT, ...HOMES, EARSHOT_HOME_HOST: 'other.example' }, readServers),
    ).to.throw('EARSHOT_HOME_HOST must be one of EARSHOT_HOMES.');
  });

  for (const [what, EARSHOT_HOMES, words] of [
    ['a host that is none', 'op.example b_rand', 'hosts with blanks between them'],
    ['numbers that are none', 'op.example brand.example=4915', 'hosts with blanks between them'],
    ['an empty list of numbers', 'op.example brand.example=', 'hosts with blanks between them'],
    ['one host twice, however it is written', 'op.example OP.example.', 'names one host twice'],
    ['the same numbers at two homes', 'op.example=+49 brand.example=+49', 'of two homes'],
    ['more homes than a hundred', Array.from({ length: 101 }, (_, i) => `h${i}.example`).join(' '), 'at most 100'],
  ] as const)
    it(`refuses ${what}, in words`, () => {
      for (const read of [
        () => toGatewayConfig({ ...GATEWAY, EARSHOT_HOMES }),
        () => toWorkerConfig({ ...KEYS, EARSHOT_HOMES }),
      ])
        expect(read).to.throw(words);
    });

  it('refuses a component whose own domain is one where people live', () => {
    const both = { ...COMPONENT, ...HOMES, EARSHOT_HOME_HOST: 'op.example' };
    expect(() => toComponentConfig({ ...both, EARSHOT_COMPONENT_DOMAIN: 'brand.example' }, readServers)).to.throw(
      'EARSHOT_COMPONENT_DOMAIN must not be a host of EARSHOT_HOMES',
    );
  });
});
