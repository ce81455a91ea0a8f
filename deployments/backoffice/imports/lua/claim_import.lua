-- Gives the longest waiting open run whose lease has lapsed to a worker, under a new token.
-- KEYS: the open runs by when their lease lapses. ARGV: prefix of runs, how long a lease lasts in ms.
-- Which run it is is found here, so its key cannot be among KEYS; it carries the same hash tag.
-- Answers {id, token, how often it was claimed since it last came on}, or nothing.
for _, id in ipairs(lapsed(KEYS[1], 1)) do
  local run = ARGV[1] .. id
  if redis.call('EXISTS', run) == 0 then
    redis.call('ZREM', KEYS[1], id)
  else
    lease(KEYS[1], id, tonumber(ARGV[2]))
    local token = redis.call('HINCRBY', run, 'token', 1)
    return { id, tostring(token), redis.call('HINCRBY', run, 'claims', 1) }
  end
end
return false
