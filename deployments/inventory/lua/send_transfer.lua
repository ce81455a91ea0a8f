-- Units leave a location for another: all lines or none, once under the transfer's id.
-- KEYS: as `movements` has them, the change's record, locations, transfers.
-- ARGV: now, the id, how many transfers there may be, who and why as JSON, the author's id, the
-- reason, source and target as location ids, the transfer as JSON, then SKU and quantity in turn.
-- Answers the transfer, or `unknown_location`, `missing` or `full`.
local record, locations, transfers = KEYS[9], KEYS[10], KEYS[11]
local id, limit, authored, author, reason = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]
local source, target, transfer = ARGV[7], ARGV[8], ARGV[9]

local before = first_answer(record)
if before then return before end
for _, location in ipairs({ source, target }) do
  if redis.call('HEXISTS', locations, location) == 0 then return unknown_location(location) end
end
if redis.call('HLEN', transfers) >= limit then return cjson.encode({ full = limit }) end

local missing = {}
for n = 10, #ARGV, 2 do
  local there, wanted = level_of(ARGV[n], source).available, tonumber(ARGV[n + 1])
  if there < wanted then table.insert(missing, missing_units(ARGV[n], source, wanted, there)) end
end
if #missing > 0 then return cjson.encode({ missing = missing }) end

for n = 10, #ARGV, 2 do
  local sku, quantity, more = ARGV[n], tonumber(ARGV[n + 1]), { 'author', author, 'reason', reason }
  local was = level_of(sku, source)
  move(sku, source, 'available', 'outside', quantity, 'sent', 'transfer', id, more)
  move(sku, target, 'outside', 'incoming', quantity, 'sent', 'transfer', id, more)
  note_change(sku, source, 'transfer_sent', authored, was)
end
redis.call('HSET', transfers, id, transfer)
tell()
return answer_step(record, '{"transfer":' .. transfer .. '}')
