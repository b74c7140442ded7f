import { createServer } from 'node:net';
import { expect } from 'chai';

import { acceptsConnections, freePort, freePorts, portState, requireFreePort } from '../../local/ports.ts';
import { rejection } from './scratch.ts';

describe('free ports', () => {
  it('are different, free, and outside the range from which outgoing connections take theirs', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).to.equal(20);
    expect(await Promise.all(ports.map(portState))).to.deep.equal(ports.map(() => 'free'));
    expect(Math.max(...ports)).to.be.below(32_768);
  });

  it('are told from taken ones, whichever address holds them', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const port = await freePort();
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(port, host, resolve));
      expect(await portState(port), host).to.equal('taken');
      expect(await acceptsConnections(port), host).to.equal(true);
      const error = await rejection(requireFreePort(port, 'a test', 'Choose another.'));
      expect(error.message).to.equal(
        `Port ${port} is needed for a test, but another program listens there. Choose another.`,
      );
      await new Promise((resolve) => server.close(resolve));
      expect(await acceptsConnections(port), host).to.equal(false);
    }
  });
});
