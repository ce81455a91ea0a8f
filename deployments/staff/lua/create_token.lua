-- Makes a token for a person. Answers 'done', 'disabled' or 'full'.
local token = ASKED.token
local person = person_of(token.person)
if not person or person.state ~= 'active' then return 'disabled' end
local found, standing = redis.call('HGETALL', tokens_key(token.person)), 0
for n = 1, #found, 2 do
  local ends_at = tonumber(redis.call('HGET', token_key(found[n + 1]), 'ends_at') or '0')
  if ends_at > tonumber(token.at) then
    standing = standing + 1
  else
    end_token(token.person, found[n])
  end
end
if standing >= ASKED.most then return 'full' end
local key = token_key(token.hash)
redis.call('HSET', key, 'id', token.id, 'name', token.name, 'person', token.person,
  'scopes', token.scopes, 'created_at', token.at, 'ends_at', token.ends_at)
ends(key, token.ends_at)
redis.call('HSET', tokens_key(token.person), token.id, token.hash)
record(ASKED.entry)
return 'done'
