-- Everything at one moment: where each stream ends, the products, the prices, what is hidden, pictures.
-- KEYS: products, prices, hidden products, pictures, streams…
-- Answers {ends, {id, product…}, {sku, price…}, hidden documents, {id, pictures…}}.
local ends = {}
for n = 5, #KEYS do
  local last = redis.call('XREVRANGE', KEYS[n], '+', '-', 'COUNT', 1)[1]
  ends[#ends + 1] = last and last[1] or '0-0'
end
local products, prices = redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])
return { ends, products, prices, redis.call('HVALS', KEYS[3]), redis.call('HGETALL', KEYS[4]) }
