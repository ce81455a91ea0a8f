-- Plans the one price of a SKU that it will have, or takes back what was planned.
-- KEYS: those of `prices`, planned prices, and SKUs by when they are due.
-- ARGV: sku, the plan as JSON ('' for none), when in ms, the event without its change, who and why
-- as JSON. Answers 'planned' or 'unknown'.
local planned, due = KEYS[7], KEYS[8]
local sku, plan, at, event, authored = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if not product_of(sku) then return 'unknown' end

local function told(text)
  local known = text and text ~= '' and cjson.decode(text)
  return known and { price = known.price, starts = known.starts } or {}
end

local was = redis.call('HGET', planned, sku)
if plan == '' then
  redis.call('HDEL', planned, sku)
  redis.call('ZREM', due, sku)
else
  redis.call('HSET', planned, sku, plan)
  redis.call('ZADD', due, at, sku)
end
local change = change_of(authored, 'catalog/price/' .. sku, 'price_planned', told(was), told(plan))
publish('org.fieldhouse.catalog.price_planned.v1', sku,
  event:sub(1, -2) .. ',"change":' .. change .. '}', SEQUENCES, sku)
return 'planned'
