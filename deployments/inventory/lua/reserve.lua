-- Holds all lines or none; answers `reservation`, or `shortages`.
-- KEYS: as `movements` has them, step, reservation.
-- ARGV: now, reservation id, step's name, deadline in ms, then SKU, quantity and how many of it may be
-- units that are not here yet, in turn.
local step, reservation = KEYS[9], KEYS[10]
local id, step_name, deadline = ARGV[2], ARGV[3], ARGV[4]

local before = first_answer(step)
if before then return before end
if redis.call('EXISTS', reservation) == 1 then
  return redis.error_reply('RESERVED ' .. id .. ' was made by another step')
end

-- How many units of a SKU can be sold that are not here yet: none once their day is over.
local function left_ahead(sku)
  local terms = redis.call('HGET', AHEAD, sku)
  if not terms or tonumber(NOW) >= cjson.decode(terms)["until"] then return 0 end
  return (places_of(sku)[NOT_HERE] or {}).allowed or 0
end

local allocations, shortages = {}, {}
for n = 5, #ARGV, 3 do
  local sku, wanted, may_wait = ARGV[n], tonumber(ARGV[n + 1]), tonumber(ARGV[n + 2])
  local picked, there = pick(sku, wanted)
  local missing = wanted - there
  if missing > 0 then
    local ahead = may_wait > 0 and math.min(may_wait, left_ahead(sku)) or 0
    if missing > ahead then
      table.insert(shortages, { sku = sku, wanted = wanted, available = there + ahead })
    end
    table.insert(picked, { sku = sku, location_id = tonumber(NOT_HERE), quantity = missing })
  end
  for _, allocation in ipairs(picked) do table.insert(allocations, allocation) end
end
if #shortages > 0 then return answer_step(step, cjson.encode({ shortages = shortages })) end

for _, taken in ipairs(allocations) do
  local awaited = tostring(taken.location_id) == NOT_HERE
  move(taken.sku, tostring(taken.location_id), awaited and 'allowed' or 'available', 'reserved',
    taken.quantity, 'reserved', 'reservation', id)
  if awaited then redis.call('ZADD', QUEUES .. taken.sku, NOW, id) end
end
local lines = cjson.encode(allocations)
redis.call('HSET', reservation, 'state', 'held', 'step', step_name, 'allocations', lines)
redis.call('ZADD', HOLDS, deadline, id)
note_reservation('reserved', reservation, id, lines)
tell()
return answer_step(step, cjson.encode({ reservation = { id = id, allocations = allocations } }))
