import { expect } from 'chai';
import { createAddressGuard } from '../../runtime/internal-addresses.ts';

const INTERNAL = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.1.1',
  '127.0.0.1',
  '127.255.0.1',
  '161.26.0.10',
  '166.9.1.1',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '169.254.169.254',
  '100.100.100.200',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.168.1.1',
  '198.18.0.1',
  '199.36.153.4',
  '199.36.153.11',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::a00:1',
  '64:ff9b::a83f:8110',
  '64:ff9b:1::a9fe:a9fe',
  '::ffff:0:a9fe:a9fe',
  '2001:0:a9fe:a9fe::',
  '2002:a83f:8110::',
  '2002:a00:1::',
  'fc00::1',
  'fd00:ec2::254',
  'fd00:c1::a9fe:a9fe',
  'fd20:ce::254',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
];
const PUBLIC = [
  '8.8.8.8',
  '168.63.129.15',
  '199.36.153.3',
  '100.63.0.1',
  '172.32.0.1',
  '::ffff:8.8.8.8',
  '2606:4700::1111',
];

describe('the addresses that are internal', () => {
  it('are refused, in IPv6’s clothes too, and no others', () => {
    const guard = createAddressGuard([]);
    for (const address of INTERNAL) expect(guard.mayConnect('dav.example', address), address).to.equal(false);
    for (const address of PUBLIC) expect(guard.mayConnect('dav.example', address), address).to.equal(true);
    expect(guard.mayConnect('dav.example', 'dav.example')).to.equal(false);
  });

  it('are let through where the operator names them, by address, network or host', () => {
    const guard = createAddressGuard(['127.0.0.1', '10.0.0.0/8', 'fd00::/8', 'Dav.local']);
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.9.9.9', 'fd12::1'])
      expect(guard.mayConnect('dav.example', address), address).to.equal(true);
    for (const address of ['127.0.0.2', '11.0.0.1', 'fe80::1'])
      expect(guard.isAllowed('dav.example', address), address).to.equal(false);
    expect(guard.mayConnect('dav.LOCAL', '192.168.1.1')).to.equal(true);
    expect(guard.mayConnect('dav.local.example', '192.168.1.1')).to.equal(false);
  });
});
