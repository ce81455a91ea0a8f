-- Renews a reader's leases, gives it free ones up to its fair share, and says which it holds.
-- KEYS: leases, readers. ARGV: reader, milliseconds a lease lasts, number of partitions, and the
-- tokens that the reader believes to hold, as JSON by partition.
-- Answers JSON: [fair share, [[partition, token], …]]; a reader may hold more than its share until
-- it has handed over.
local reader, lasts, partitions = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local believed = cjson.decode(ARGV[4])
local now = server_time()

lease(KEYS[2], reader, lasts)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local share = math.ceil(partitions / redis.call('ZCARD', KEYS[2]))

local held = {}
local function grant(partition, token)
  local granted = {owner = reader, token = token, ['until'] = now + lasts}
  redis.call('HSET', KEYS[1], partition, cjson.encode(granted))
  held[#held + 1] = {partition, token}
end

local free = {}
for partition = 0, partitions - 1 do
  local known = redis.call('HGET', KEYS[1], partition)
  local last = known and cjson.decode(known) or {token = 0, ['until'] = 0}
  if last.owner == reader and believed[tostring(partition)] == last.token then
    grant(partition, last.token)
  elseif last.owner == reader or last['until'] <= now then
    -- What it does not know of any more it gets anew, under another token.
    free[#free + 1] = {partition, last.token}
  end
end
for _, candidate in ipairs(free) do
  if #held >= share then break end
  grant(candidate[1], candidate[2] + 1)
end
return cjson.encode({share, held})
