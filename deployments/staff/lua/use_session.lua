-- Whose session it is, if it is not over; it was used now. A minute's use is written once.
-- Answers id, ends_at, second_factor and the person's record; nothing if there is no such session.
local key, now = session_key(ASKED.session), tonumber(ASKED.now)
local found = redis.call('HMGET', key, 'person', 'id', 'used_at', 'ends_at', 'second_factor')
if not found[1] then return false end
local used_at, ends_at = tonumber(found[3]), tonumber(found[4])
if now >= ends_at or now >= used_at + ASKED.idle then return false end
local person, text = person_of(found[1])
if not person or person.state ~= 'active' then return false end
if now >= used_at + 60000 then redis.call('HSET', key, 'used_at', ASKED.now) end
return { found[2], found[4], found[5], text }
