-- A prelude for scripts that change a session: whether it may be changed, and how it reads.

local function snapshot_of(key)
  local found = redis.call('HMGET', key, 'version', 'status', 'doc')
  return found[1] .. '\n' .. found[2] .. '\n' .. found[3]
end

-- What keeps the platform from changing the session: 'not_found', 'busy', 'closed' or 'stale'
-- with a detail, or nil. An expected version of '' takes any.
local function obstacle(key, platform, now, expected)
  local found = redis.call('HMGET', key, 'platform', 'version', 'status', 'expires_at')
  if found[1] ~= platform then return {'not_found', ''} end
  local status = found[3]
  if status == 'complete_in_progress' then return {'busy', ''} end
  if status == 'completed' or status == 'canceled' or tonumber(found[4]) <= tonumber(now) then
    return {'closed', snapshot_of(key)}
  end
  if expected ~= '' and expected ~= found[2] then return {'stale', found[2]} end
  return nil
end
