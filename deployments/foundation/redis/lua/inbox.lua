-- Deduplication of events, to be used inside the script that takes effect: the event's id is
-- recorded with the effect, so that a redelivery changes nothing.
-- The key comes from `inbox_key(service, event id)` in subscriptions.py. Ids are fields of 256 hashes
-- that carry the same hash tag, so that an order leaves no key of its own for each of its events;
-- each field expires for itself. A record outlives every redelivery by the store itself; an event may
-- be replayed from the dead letters later than that, but those have taken no effect before.
local INBOX_TTL_SECONDS = 30 * 24 * 3600

local function inbox_place(key)
  local inbox, id = key:match('^(.-:inbox:)(.*)$')
  return inbox .. redis.sha1hex(id):sub(1, 2), id
end

-- Whether the event took effect already: then the script leaves before it writes anything.
local function event_seen(key)
  local bucket, id = inbox_place(key)
  return redis.call('HEXISTS', bucket, id) == 1
end

local function event_done(key)
  local bucket, id = inbox_place(key)
  redis.call('HSET', bucket, id, '1')
  redis.call('HEXPIRE', bucket, INBOX_TTL_SECONDS, 'FIELDS', 1, id)
end
