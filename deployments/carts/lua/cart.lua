-- A prelude for scripts that change a cart: whether the platform has it, and how it reads.

local function cart_of(key, platform, now)
  local found = redis.call('HMGET', key, 'platform', 'expires_at', 'version', 'doc')
  if found[1] ~= platform or tonumber(found[2]) <= tonumber(now) then return nil end
  return {version = found[3], doc = found[4], snapshot = found[3] .. '\n' .. found[4]}
end
