import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import { networkOf, rememberAddresses } from '../../../gateway/access/network.ts';

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

  it('knows who called when the connection has ended before anybody asked', async () => {
    const server = createServer();
    rememberAddresses(server);
    try {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      client.write('GET / HTTP/1.1\r\nhost: op.example\r\n\r\n');
      const [{ socket }] = (await once(server, 'request')) as [IncomingMessage];
      const isClosed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
      client.resetAndDestroy();
      await isClosed;
      expect(networkOf(socket.remoteAddress)).to.equal('127.0.0.1');
    } finally {
      server.close();
    }
  });

  it('takes all whose address nobody can tell any more for one', () => {
    expect(networkOf(undefined)).to.equal('gone');
  });
});
