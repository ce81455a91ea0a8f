-- Notes that an event failed, and makes it a dead letter after the last attempt. A reader whose
-- lease has gone to another is refused.
-- KEYS: leases, failing events of the partition, dead letters.
-- ARGV: partition, token, name of the delivery, attempts so far, milliseconds until the next or ''
-- if there is none, and the letter as JSON: `fields`, and `replaces`, the id of the letter that
-- failed again.
-- Answers 'fenced', 'waiting' or 'dead'.
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known or cjson.decode(known).token ~= tonumber(ARGV[2]) then return 'fenced' end
local delivery, attempts, pause = ARGV[3], tonumber(ARGV[4]), ARGV[5]
local now = server_time()

if pause ~= '' then
  local failure = {attempts = attempts, due = now + tonumber(pause)}
  redis.call('HSET', KEYS[2], delivery, cjson.encode(failure))
  return 'waiting'
end

local before = redis.call('HGET', KEYS[2], delivery)
if before and cjson.decode(before).dead then return 'dead' end
local letter = cjson.decode(ARGV[6])
if letter.replaces then
  redis.call('HDEL', KEYS[2], delivery)
  -- An operator may have dropped it meanwhile, or this is a repetition.
  if not take_dead_letter(KEYS[3], letter.replaces) then return 'dead' end
else
  -- Kept until the event is acknowledged, so that a successor does not begin to try it again.
  redis.call('HSET', KEYS[2], delivery, cjson.encode({attempts = attempts, due = now, dead = true}))
end
letter.fields.attempts = attempts
add_dead_letter(KEYS[3], letter.fields)
return 'dead'
