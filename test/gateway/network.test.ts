import { expect } from 'chai';
import { networkOf } from '../../gateway/network.ts';

const CASES: [string, string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
];

describe('the network that a caller is known by', () => {
  for (const [ip, network] of CASES) it(`${ip} is ${network}`, () => expect(networkOf(ip)).to.equal(network));
});
