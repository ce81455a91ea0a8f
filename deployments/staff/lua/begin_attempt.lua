-- Counts an attempt to sign in before the password is looked at, so that no number of them at once
-- gets through. A device from which the person has signed in before has a counter of its own: what
-- strangers try does not slow it down. So has a session in which the password is asked for again.
-- A success takes the count back.
-- Answers how long to wait (ms; 0 to go on), whether the device is known, and what is known of the
-- account: the person's record and the hash of the password.
local now = tonumber(ASKED.now)
local counters = ASKED.strangers
local known = ASKED.trusted or false
if ASKED.device then
  local ends_at = redis.call('HGET', devices_key(ASKED.email), ASKED.device)
  known = ends_at and tonumber(ends_at) > now or false
end
if known then counters = { ASKED.own } end
local wait = 0
for _, counter in ipairs(counters) do
  local next_at = tonumber(redis.call('HGET', attempts_key(counter.name), 'next_at') or '0')
  wait = math.max(wait, next_at - now)
end
if wait > 0 then return { wait, 0, false, false } end
for _, counter in ipairs(counters) do
  local key = attempts_key(counter.name)
  local count = redis.call('HINCRBY', key, 'count', 1)
  local pause = 0
  if count > counter.free then
    pause = math.min(counter.first * 2 ^ math.min(count - counter.free - 1, 40), counter.longest)
  end
  redis.call('HSET', key, 'next_at', string.format('%.0f', now + pause))
  ends(key, ASKED.forgotten)
end
local _, person = person_of(ASKED.email)
local password = redis.call('HGET', credentials_key(ASKED.email), 'password')
return { 0, known and 1 or 0, person, password }
