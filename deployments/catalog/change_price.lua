-- Sets the price of a SKU and announces it, unless it is that already.
-- KEYS: prices, skus, stream. ARGV: sku, cents, event. Answers 1, or 0 if there is no such SKU.
local MAX_EVENTS = 10000
local sku, cents = ARGV[1], ARGV[2]
if redis.call('HEXISTS', KEYS[2], sku) == 0 then return 0 end
if redis.call('HGET', KEYS[1], sku) ~= cents then
  redis.call('HSET', KEYS[1], sku, cents)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', MAX_EVENTS, '*', 'event', ARGV[3])
end
return 1
