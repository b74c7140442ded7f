import { BUCKET_BYTES, PACKED_BYTES } from './partitions.ts';
import { defineLua } from './script.ts';

/** Lua: calls `visit(number key)` for each of those that stand one after the other in `packed`. */
export const EACH_NUMBER = defineLua({
  lua: `
local function eachNumber(packed, visit)
  for at = 1, #packed, ${PACKED_BYTES} do visit(string.sub(packed, at, at + ${PACKED_BYTES - 1})) end
end`,
});

/**
 * Lua: calls `visit(bucket's key, field)` for each packed number key in `packed`; `base` is what
 * stands before a bucket's number.
 */
export const EACH_PLACE = defineLua({
  lua: `
local function eachPlace(base, packed, visit)
  for i = 1, #packed, ${PACKED_BYTES} do
    local high, low = string.byte(packed, i, i + 1)
    visit(base .. (high * 256 + low), string.sub(packed, i + ${BUCKET_BYTES}, i + ${PACKED_BYTES - 1}))
  end
end`,
});

/** Integers of subscribers, four bytes each. */
export function packIntegers(integers: readonly number[]): Buffer {
  const packed = Buffer.allocUnsafe(4 * integers.length);
  for (const [i, integer] of integers.entries()) packed.writeUInt32BE(integer, 4 * i);
  return packed;
}
