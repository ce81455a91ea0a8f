-- Appends an entry to the audit log, to be used inside the script that takes effect, after `keys`.
-- `entry` has the change as `text` and its SHA-256 as `digest`. It is found by its author (of a token
-- by the person who made it, too), its subject and its action.
local function refs_of(text)
  local change = cjson.decode(text)
  local refs = { 'author ' .. change.author.id, 'subject ' .. change.subject,
    'action ' .. change.action }
  local person = change.author.person
  if person and person ~= '' then refs[4] = 'author ' .. person end
  return refs
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
  for _, ref in ipairs(refs_of(entry.text)) do
    redis.call('ZADD', INDEX, 0, ref .. '\0' .. index_id(id))
  end
end
