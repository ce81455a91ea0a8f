-- Everything at one moment: where each stream ends, the products, the prices, what is hidden.
-- KEYS: products, prices, hidden products, streams…
local ends = {}
for n = 4, #KEYS do
  local last = redis.call('XREVRANGE', KEYS[n], '+', '-', 'COUNT', 1)[1]
  ends[#ends + 1] = last and last[1] or '0-0'
end
return { ends, redis.call('HVALS', KEYS[1]), redis.call('HGETALL', KEYS[2]), redis.call('HVALS', KEYS[3]) }
