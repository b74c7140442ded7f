import type { Api } from '../api.ts';
import { eventually } from '../eventually.ts';

/** The newest code that waits for a number, as the operator sees it in the outbox. */
export async function codeFor(api: Api, phoneNumber: string): Promise<string> {
  return eventually(async () => {
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/verification/outbox'));
    const codes = body.codes as unknown as { phoneNumber: string; code: string }[];
    const newest = codes.find((one) => one.phoneNumber === phoneNumber);
    if (!newest) throw new Error('No code waits for the number.');
    return newest.code;
  });
}
