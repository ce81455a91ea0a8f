-- Renews a reader's leases, gives it free ones up to its fair share, and says which it holds.
-- KEYS: leases, readers. ARGV: reader, milliseconds a lease lasts, number of partitions, and the
-- tokens that the reader believes to hold, as JSON by partition.
-- Answers JSON: [fair share, [[partition, token], …]]; a reader may hold more than its share until
-- it has handed over.
local reader, lasts, partitions = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local believed = cjson.decode(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('ZADD', KEYS[2], now + lasts, reader)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local share = math.ceil(partitions / redis.call('ZCARD', KEYS[2]))

local held = {}
local function grant(partition, token)
  local lease = {owner = reader, token = token, ['until'] = now + lasts}
  redis.call('HSET', KEYS[1], partition, cjson.encode(lease))
  held[#held + 1] = {partition, token}
end

local free = {}
for partition = 0, partitions - 1 do
  local known = redis.call('HGET', KEYS[1], partition)
  local lease = known and cjson.decode(known) or {token = 0, ['until'] = 0}
  if lease.owner == reader and believed[tostring(partition)] == lease.token then
    grant(partition, lease.token)
  elseif lease.owner == reader or lease['until'] <= now then
    -- What it does not know of any more it gets anew, under another token.
    free[#free + 1] = {partition, lease.token}
  end
end
for _, candidate in ipairs(free) do
  if #held >= share then break end
  grant(candidate[1], candidate[2] + 1)
end
return cjson.encode({share, held})
