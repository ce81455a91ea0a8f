-- A prelude for scripts that change a session: whether it may be changed, how it reads, and how long
-- it is kept.
local DAY_MS = 24 * 3600 * 1000
-- Longer than any session that is not bought is kept.
local PLATFORM_MS = 2 * DAY_MS

-- How a session reads: version, status and doc, a line each; nothing if it is gone.
local function snapshot_of(key)
  local found = redis.call('HMGET', key, 'version', 'status', 'doc')
  if not (found[1] and found[2] and found[3]) then return false end
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

-- Keeps a session that nobody has bought until a day after it expires, and as one of its platform's.
-- Gives for how many milliseconds that is.
local function keep_unsold(key, platform_sessions, id, now)
  local expires_at = tonumber(redis.call('HGET', key, 'expires_at'))
  local milliseconds = math.max(expires_at - tonumber(now), 0) + DAY_MS
  redis.call('PEXPIRE', key, string.format('%d', milliseconds))
  redis.call('ZADD', platform_sessions, string.format('%d', now + milliseconds), id)
  redis.call('PEXPIRE', platform_sessions, PLATFORM_MS)
  return milliseconds
end
