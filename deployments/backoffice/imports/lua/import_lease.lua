-- What every script of an import's worker begins with, after `clock`.
-- Every script has KEYS: the run, the open runs by when their lease lapses, then its own; and ARGV:
-- the run's id, the worker's token, how long a lease lasts in ms, then its own.
local RUN, OPEN = KEYS[1], KEYS[2]
local ID, TOKEN, LASTS = ARGV[1], ARGV[2], tonumber(ARGV[3])

-- Whether the worker still has the run: a later one got another token, and so did whoever stopped it.
local function is_mine()
  return redis.call('HGET', RUN, 'token') == TOKEN and redis.call('ZSCORE', OPEN, ID)
end

local function renew()
  redis.call('ZADD', OPEN, server_time() + LASTS, ID)
end
