import { expect } from 'chai';
import { networkOf } from '../../../gateway/access/network.ts';

describe('gateway/access/network', () => {
  it('takes an IPv4 address for itself, however it is written', () => {
    expect(networkOf('198.51.100.7')).to.equal('198.51.100.7');
    expect(networkOf('::ffff:198.51.100.7')).to.equal('198.51.100.7');
  });

  it('takes an IPv6 address for its /64', () => {
    const same = ['2001:db8:1:2::1', '2001:0db8:0001:0002:ffff::', '2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::%eth0'];
    for (const address of same) expect(networkOf(address)).to.equal('2001:db8:1:2::/64');
    expect(networkOf('2001:db8::1')).to.equal('2001:db8:0:0::/64');
    expect(networkOf('::1')).to.equal('0:0:0:0::/64');
    expect(networkOf('fe80::')).to.equal('fe80:0:0:0::/64');
  });
});
