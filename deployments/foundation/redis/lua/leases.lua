-- Leases, to be used inside the scripts that grant them, after `clock`. Whoever holds a lease has
-- something to itself until the lease lapses; a holder that dies leaves it to others then. Leases go
-- by this server's clock, so that no process ends another's because its own clock is fast.
-- Where leases are a sorted set, its members are what is leased, by when that lapses.

-- Leases a member for so many milliseconds from now on, whoever held it.
local function lease(key, member, milliseconds)
  redis.call('ZADD', key, server_time() + milliseconds, member)
end

-- The members whose lease has lapsed, the longest lapsed first, and at most so many of them.
local function lapsed(key, limit)
  return redis.call('ZRANGE', key, '-inf', server_time(), 'BYSCORE', 'LIMIT', 0, limit or -1)
end
