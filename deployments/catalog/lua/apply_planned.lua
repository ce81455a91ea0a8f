-- Lets planned prices that are due take effect, each once, by whoever planned them.
-- KEYS: those of `prices`, planned prices, and SKUs by when they are due.
-- ARGV: now in ms, the same as text, how many at most, the currency. Answers how many were due.
local planned, due = KEYS[7], KEYS[8]
local skus = redis.call('ZRANGE', due, '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[3])
for _, sku in ipairs(skus) do
  local plan, product = cjson.decode(redis.call('HGET', planned, sku)), product_of(sku)
  redis.call('HDEL', planned, sku)
  redis.call('ZREM', due, sku)
  if product then
    local cents = string.format('%d', plan.price)
    local authored = cjson.encode({ author = plan.author, reason = plan.reason, at = ARGV[2] })
    local event = cjson.encode({ sku = sku, price = plan.price, currency = ARGV[4] })
    -- What was planned is so no more, and that is a change of the document even at the same price.
    redis.call('HINCRBY', REVISIONS, product, 1)
    set_price(product, sku, cents, event, authored)
  end
end
return #skus
