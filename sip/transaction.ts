import { randomBytes } from 'node:crypto';
import { NonInviteClientTransaction } from 'sip.js/lib/core/index.js';

/** What the branches of this process begin with: the cookie of RFC 3261, section 8.1.1.7, and what no other process has. */
const OWN = `z9hG4bK${randomBytes(9).toString('hex')}`;
const branches = new WeakMap<object, string>();
let count = 0;

/**
 * A transaction with a branch that no other has (RFC 3261, section 17.1.3). The library draws one of ten million: of those under way
 * two would be taken for one now and then, and a server that remembers the answers of the last seconds would give one subscriber's tag
 * to another.
 */
export class Transaction extends NonInviteClientTransaction {
  override get id(): string {
    const known = branches.get(this);
    if (known !== undefined) return known;
    count += 1;
    const branch = `${OWN}${count.toString(36)}`;
    branches.set(this, branch);
    return branch;
  }
}
