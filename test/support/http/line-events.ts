import { randomUUID } from 'node:crypto';
import type { Api, Person } from '../api.ts';

/** Its carrier says that the SIM of somebody was swapped. */
export async function swapSim(api: Api, { phoneNumber }: Pick<Person, 'phoneNumber'>): Promise<void> {
  await api.expectStatus(
    200,
    api.call('POST', '/v1/line-events', {
      ...{ specversion: '1.0', id: randomUUID(), source: '/lines', data: { phoneNumber } },
      type: 'org.camaraproject.sim-swap-subscriptions.v0.swapped',
    }),
  );
}
