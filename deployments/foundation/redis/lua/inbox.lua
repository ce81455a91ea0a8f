-- Deduplication of events, to be used inside the script that takes effect: the event's id is
-- recorded with the effect, so that a redelivery changes nothing.
-- The key comes from `inbox_key(service, event id)` in subscriptions.py. A record outlives every
-- redelivery by the store itself; an event may be replayed from the dead letters later than that,
-- but those have taken no effect before.
local INBOX_TTL_SECONDS = 30 * 24 * 3600

-- Whether the event took effect already: then the script leaves before it writes anything.
local function event_seen(key)
  return redis.call('EXISTS', key) == 1
end

local function event_done(key)
  redis.call('SET', key, '1', 'EX', INBOX_TTL_SECONDS)
end
