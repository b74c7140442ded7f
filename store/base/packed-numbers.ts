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
  uses: [EACH_NUMBER],
  lua: `
local function eachPlace(base, packed, visit)
  eachNumber(packed, function(number)
    local high, low = string.byte(number, 1, 2)
    visit(base .. (high * 256 + low), string.sub(number, ${BUCKET_BYTES + 1}))
  end)
end`,
});
