-- Writes a person who is as he was when the change was decided, with all that belongs to it: what is
-- known of passwords, a link that is used up or made, sessions that end or begin.
-- Answers 'done', or why not: 'stale', 'full', 'has_owner', 'last_owner', 'no_link'.
local email = ASKED.email
local person = person_of(email)
if (person and person.version or 0) ~= ASKED.version then return 'stale' end
if not person and redis.call('HLEN', PEOPLE) >= ASKED.most_people then return 'full' end
if ASKED.link then
  local link = redis.call('GET', link_key(ASKED.link))
  if not link or tonumber(cjson.decode(link).ends_at) <= tonumber(ASKED.now) then return 'no_link' end
end
local owners = redis.call('SCARD', OWNERS)
if ASKED.first_owner and owners > 0 then return 'has_owner' end
if not ASKED.owner and owners == 1 and redis.call('SISMEMBER', OWNERS, email) == 1 then
  return 'last_owner'
end

redis.call('HSET', PEOPLE, email, ASKED.person)
redis.call(ASKED.owner and 'SADD' or 'SREM', OWNERS, email)
for field, value in pairs(ASKED.credentials) do
  redis.call('HSET', credentials_key(email), field, value)
end
for _, field in ipairs(ASKED.forgotten) do redis.call('HDEL', credentials_key(email), field) end
if ASKED.credentials.totp then redis.call('DEL', authenticator_key(email)) end
if ASKED.recovery_codes then
  redis.call('DEL', recovery_key(email))
  for _, code in ipairs(ASKED.recovery_codes) do redis.call('SADD', recovery_key(email), code) end
end
if ASKED.link then drop_link(ASKED.link) end
if ASKED.end_links then drop_link_of(email) end
if ASKED.new_link then make_link(ASKED.new_link) end
if ASKED.end_sessions then end_sessions(email, ASKED.kept_session) end
if ASKED.end_tokens then end_tokens(email) end
if ASKED.end_devices then redis.call('DEL', devices_key(email)) end
if ASKED.session then
  open_session(ASKED.session, ASKED.most)
  remember_device(email, ASKED.device, ASKED.most)
end
record(ASKED.entry)
return 'done'
