-- Books a batch of arriving units, once.
-- KEYS: as `movements` has them, batch, locations.
-- ARGV: now, the batch's name, then SKU, location id, location name and quantity in turn.
local batch, locations = KEYS[9], KEYS[10]
local name = ARGV[2]

if redis.call('EXISTS', batch) == 1 then return '{"count":0}' end
local count = 0
for n = 3, #ARGV, 4 do
  redis.call('HSET', locations, ARGV[n + 1], ARGV[n + 2])
  move(ARGV[n], ARGV[n + 1], 'outside', 'available', tonumber(ARGV[n + 3]), 'received',
    'batch', name)
  count = count + 1
end
redis.call('HSET', batch, 'rows', count, 'at', NOW)
tell()
return cjson.encode({ count = count })
