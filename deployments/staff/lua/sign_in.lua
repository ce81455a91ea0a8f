-- Opens a session for a person who is still as he was when his password was checked, and remembers
-- the device. The attempt does not count any more. With it a challenge is used up, and the code that answered it: of TOTP all codes up to
-- its step. Answers 'done', 'stale', or 'used' if the code is none, or was used before.
local session = ASKED.session
local email = session.person
local person = person_of(email)
if not person or person.state ~= 'active' or person.version ~= ASKED.version then return 'stale' end
if ASKED.challenge and redis.call('EXISTS', challenge_key(ASKED.challenge)) == 0 then
  return 'used'
end
if ASKED.step then
  local last = tonumber(redis.call('HGET', credentials_key(email), 'totp_step') or '0')
  if ASKED.step <= last then return 'used' end
  redis.call('HSET', credentials_key(email), 'totp_step', string.format('%.0f', ASKED.step))
elseif ASKED.challenge and redis.call('SREM', recovery_key(email), ASKED.recovery_code) == 0 then
  return 'used'
end
local network = ASKED.network
if ASKED.challenge then
  network = redis.call('HGET', challenge_key(ASKED.challenge), 'network')
  redis.call('DEL', challenge_key(ASKED.challenge))
end
if network and redis.call('HINCRBY', attempts_key(network), 'count', -1) <= 0 then
  redis.call('DEL', attempts_key(network))
end
open_session(session, ASKED.most)
remember_device(email, ASKED.device, ASKED.most)
for _, counter in ipairs(ASKED.succeeded) do redis.call('DEL', attempts_key(counter)) end
if ASKED.password then redis.call('HSET', credentials_key(email), 'password', ASKED.password) end
record(ASKED.entry)
return 'done'
