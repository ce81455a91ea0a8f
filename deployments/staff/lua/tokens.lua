-- Ending API tokens, to be used inside scripts, after `keys`. A person's tokens are a hash: id → the
-- hash of its secret.
local function end_token(email, id)
  local hash = redis.call('HGET', tokens_key(email), id)
  redis.call('HDEL', tokens_key(email), id)
  return hash and redis.call('DEL', token_key(hash)) == 1 or false
end

local function end_tokens(email)
  for _, id in ipairs(redis.call('HKEYS', tokens_key(email))) do end_token(email, id) end
end
