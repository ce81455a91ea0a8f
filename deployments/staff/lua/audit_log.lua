-- Appends an entry to the audit log, to be used inside the script that takes effect, after `keys`.
-- `entry` has the change as `text`, its SHA-256 as `digest`, and the `author`, the `subject` and the
-- `action` by which it is found.
local function refs_of(author, subject, action)
  return { 'author ' .. author, 'subject ' .. subject, 'action ' .. action }
end

local function index_id(id)
  local ms, n = id:match('^(%d+)-(%d+)$')
  return string.format('%015.0f-%06.0f', tonumber(ms), tonumber(n))
end

local function record(entry)
  local head = redis.call('HMGET', HEAD, 'hash', 'number')
  local number = string.format('%.0f', (tonumber(head[2]) or 0) + 1)
  local hash = redis.sha1hex((head[1] or '') .. ' ' .. number .. ' ' .. entry.digest)
  local id = redis.call('XADD', LOG, '*', 'number', number, 'change', entry.text, 'hash', hash)
  redis.call('HSET', HEAD, 'hash', hash, 'number', number)
  for _, ref in ipairs(refs_of(entry.author, entry.subject, entry.action)) do
    redis.call('ZADD', INDEX, 0, ref .. '\0' .. index_id(id))
  end
end
