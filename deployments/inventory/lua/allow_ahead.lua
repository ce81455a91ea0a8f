-- Staff say how many units of a SKU in all may be sold before they are here, once under a key.
-- KEYS: as `movements` has them, the change's record.
-- ARGV: now, the key, SKU, units in all, the terms as JSON, who and why as JSON, the author's id,
-- the reason. Answers the row that was touched, or `waiting`: more than so many are waited for.
local record = KEYS[9]
local key, sku, units, terms = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local authored, author, reason = ARGV[6], ARGV[7], ARGV[8]

local before = first_answer(record)
if before then return before end
local here, known = places_of(sku)[NOT_HERE] or {}, redis.call('HGET', AHEAD, sku)
local waiting, left = (here.reserved or 0) + (here.committed or 0), here.allowed or 0
if units < waiting then return cjson.encode({ waiting = waiting }) end

local function as_told(of, all)
  local told = { units = all }
  if of then told.kind, told.expected = cjson.decode(of).kind, cjson.decode(of).expected end
  return told
end

local by = units - waiting - left
if by ~= 0 then
  local source, target = 'outside', 'allowed'
  if by < 0 then source, target = target, source end
  move(sku, NOT_HERE, source, target, math.abs(by), 'allowed', 'change', key,
    { 'author', author, 'reason', reason })
end
if units == 0 then redis.call('HDEL', AHEAD, sku) else redis.call('HSET', AHEAD, sku, terms) end
local after = units > 0 and terms
if by ~= 0 or known ~= after then
  local change = change_of(authored, 'inventory/stock/' .. sku, 'sale_ahead_allowed',
    as_told(known, waiting + left), as_told(after, units))
  table.insert(events, { 'sale_ahead_allowed', sku,
    with('{"change":' .. change .. '}', { sku = sku }), SEQUENCES, sku })
end
tell()
return answer_step(record, touched({ sku }, 'touched'))
