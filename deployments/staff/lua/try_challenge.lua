-- Counts an answer to a challenge, before it is looked at. Answers the person's record and the
-- secret of his authenticator; nothing if the challenge is over or there were too many answers.
local key = challenge_key(ASKED.challenge)
local found = redis.call('HMGET', key, 'email', 'version', 'ends_at')
if not found[1] or tonumber(found[3]) <= tonumber(ASKED.now) then return false end
if redis.call('HINCRBY', key, 'tries', 1) > ASKED.most then return false end
local person, text = person_of(found[1])
if not person or person.version ~= tonumber(found[2]) then return false end
return { text, redis.call('HGET', credentials_key(found[1]), 'totp') }
