import type { Api } from './api.ts';
import { eventually } from './eventually.ts';

/** The newest code that waits for a number, as the operator sees it in the outbox. */
export async function codeFor(api: Api, phoneNumber: string): Promise<string> {
  let code: string | undefined;
  await eventually(async () => {
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/verification/outbox'));
    const codes = body.codes as unknown as { phoneNumber: string; code: string; expiresAt: string }[];
    const own = codes.filter((one) => one.phoneNumber === phoneNumber);
    code = own.sort((a, b) => b.expiresAt.localeCompare(a.expiresAt))[0]?.code;
    if (code === undefined) throw new Error('No code waits for the number.');
  });
  return code ?? '';
}
