-- Plans the one price of a SKU that it will have, or takes back what was planned, if its product is at
-- the revision that was seen.
-- KEYS: those of `prices`, planned prices, and SKUs by when they are due.
-- ARGV: sku, the plan as JSON ('' for none), when in ms, the event without its change, who and why
-- as JSON, the revision ('' for any). Answers 'planned', 'unknown' or 'stale'.
local planned, due = KEYS[7], KEYS[8]
local sku, plan, at, event, authored = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local product = product_of(sku)
if not product then return 'unknown' end
if is_stale(product, ARGV[6]) then return 'stale' end

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
redis.call('HINCRBY', REVISIONS, product, 1)
local change = change_of(authored, 'catalog/price/' .. sku, 'price_planned', told(was), told(plan))
publish('org.fieldhouse.catalog.price_planned.v1', sku,
  event:sub(1, -2) .. ',"change":' .. change .. '}', SEQUENCES, sku)
return 'planned'
