-- Ending sessions, to be used inside scripts, after `keys`. A person's sessions are a hash: id → the
-- hash of its secret.
local function end_session(email, id)
  local hash = redis.call('HGET', sessions_key(email), id)
  if not hash then return false end
  redis.call('DEL', session_key(hash))
  redis.call('HDEL', sessions_key(email), id)
  return true
end

-- Ends all sessions of a person but the one with the id `kept`, if that is given. How many ended.
local function end_sessions(email, kept)
  local ended = 0
  for _, id in ipairs(redis.call('HKEYS', sessions_key(email))) do
    if id ~= kept and end_session(email, id) then ended = ended + 1 end
  end
  return ended
end

-- Makes room for one more: forgets those that are over, and ends the oldest if there are too many.
local function make_room(email, most)
  local found = redis.call('HGETALL', sessions_key(email))
  local open = {}
  for n = 1, #found, 2 do
    local opened = redis.call('HGET', session_key(found[n + 1]), 'opened_at')
    if opened then
      open[#open + 1] = { id = found[n], at = tonumber(opened) }
    else
      redis.call('HDEL', sessions_key(email), found[n])
    end
  end
  table.sort(open, function(a, b) return a.at < b.at end)
  for n = 1, #open - most + 1 do end_session(email, open[n].id) end
end

local function open_session(session, most)
  make_room(session.person, most)
  local key = session_key(session.hash)
  redis.call('HSET', key, 'id', session.id, 'person', session.person, 'opened_at', session.at,
    'used_at', session.at, 'ends_at', session.ends_at, 'address', session.address,
    'agent', session.agent, 'second_factor', session.second_factor)
  ends(key, session.ends_at)
  redis.call('HSET', sessions_key(session.person), session.id, session.hash)
end

-- Remembers a device (by the hash of its secret) from which somebody has signed in.
local function remember_device(email, device, most)
  local key, found = devices_key(email), {}
  local known = redis.call('HGETALL', key)
  for n = 1, #known, 2 do found[#found + 1] = { hash = known[n], at = tonumber(known[n + 1]) } end
  table.sort(found, function(a, b) return a.at < b.at end)
  for n = 1, #found - most + 1 do redis.call('HDEL', key, found[n].hash) end
  redis.call('HSET', key, device.hash, device.ends_at)
  ends(key, device.ends_at)
end
