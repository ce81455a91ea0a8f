-- Opens a session for a person who is still as he was when the password was checked, and remembers
-- the device. Answers 'done' or 'stale'.
local session = ASKED.session
local person = person_of(session.person)
if not person or person.state ~= 'active' or person.version ~= ASKED.version then return 'stale' end
open_session(session, ASKED.most)
remember_device(session.person, ASKED.device, ASKED.most)
for _, counter in ipairs(ASKED.succeeded) do redis.call('DEL', attempts_key(counter)) end
if ASKED.password then
  redis.call('HSET', credentials_key(session.person), 'password', ASKED.password)
end
record(ASKED.entry)
return 'done'
