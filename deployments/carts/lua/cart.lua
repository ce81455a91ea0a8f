-- A prelude for scripts that change a cart: whether the platform has it, how it reads, and what
-- order it became, if it was bought.

local function cart_of(key, platform, now)
  local found = redis.call('HMGET', key, 'platform', 'expires_at', 'version', 'doc', 'order')
  if found[1] ~= platform or tonumber(found[2]) <= tonumber(now) then return nil end
  local snapshot = found[3] .. '\n' .. found[4]
  return {version = found[3], doc = found[4], snapshot = snapshot, order = found[5]}
end
