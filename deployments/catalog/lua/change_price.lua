-- Sets the price of a SKU and publishes it, unless it is that already.
-- KEYS: prices, skus, sequences, prices had. ARGV: sku, cents, event.
-- Answers 1, or 0 if there is no such SKU.
local prices, skus, sequences = KEYS[1], KEYS[2], KEYS[3]
local sku, cents, event = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HEXISTS', skus, sku) == 0 then return 0 end
if redis.call('HGET', prices, sku) ~= cents then
  redis.call('HSET', prices, sku, cents)
  if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('HSET', KEYS[4], cents .. ' ' .. sku, 1) end
  publish('org.fieldhouse.catalog.price_changed.v1', sku, event, sequences, sku)
end
return 1
