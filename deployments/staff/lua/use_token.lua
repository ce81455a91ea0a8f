-- What a token allows, if it is not over; it was used now. A minute's use is written once.
-- Answers id, name, scopes, ends_at and its maker's record; nothing if there is no such token.
local key, now = token_key(ASKED.token), tonumber(ASKED.now)
local found = redis.call('HMGET', key, 'person', 'id', 'name', 'scopes', 'ends_at', 'used_at')
if not found[1] or now >= tonumber(found[5]) then return false end
local person, text = person_of(found[1])
if not person or person.state ~= 'active' then return false end
if now >= tonumber(found[6] or '0') + 60000 then redis.call('HSET', key, 'used_at', ASKED.now) end
return { found[2], found[3], found[4], found[5], text }
