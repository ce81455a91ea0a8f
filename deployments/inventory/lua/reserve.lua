-- Holds all lines or none; answers `reservation`, or `shortages`.
-- KEYS: stock, ledger, holds, sequences, levels, step, reservation.
-- ARGV: now, reservation id, step's name, deadline in ms, then SKU and quantity in turn.
local step, reservation = KEYS[6], KEYS[7]
local id, step_name, deadline = ARGV[2], ARGV[3], ARGV[4]

local before = first_answer(step)
if before then return before end
if redis.call('EXISTS', reservation) == 1 then
  return redis.error_reply('RESERVED ' .. id .. ' was made by another step')
end

-- From the fullest location first, so that a line is split over as few as can be.
local function by_units(a, b)
  if a.units ~= b.units then return a.units > b.units end
  return a.location < b.location
end

-- How to take units of a SKU from its locations; and how many there are.
local function pick(sku, wanted)
  local places, available, allocations = {}, 0, {}
  for location, units in pairs(places_of(sku)) do
    table.insert(places, { location = tonumber(location), units = units.available })
    available = available + units.available
  end
  table.sort(places, by_units)
  for _, place in ipairs(places) do
    local taken = math.min(place.units, wanted)
    if taken > 0 then
      table.insert(allocations, { sku = sku, location_id = place.location, quantity = taken })
      wanted = wanted - taken
    end
  end
  return allocations, available
end

local allocations, shortages = {}, {}
for n = 5, #ARGV, 2 do
  local sku, wanted = ARGV[n], tonumber(ARGV[n + 1])
  local picked, available = pick(sku, wanted)
  if available < wanted then
    table.insert(shortages, { sku = sku, wanted = wanted, available = available })
  end
  for _, allocation in ipairs(picked) do table.insert(allocations, allocation) end
end
if #shortages > 0 then return answer_step(step, cjson.encode({ shortages = shortages })) end

for _, taken in ipairs(allocations) do
  move(taken.sku, tostring(taken.location_id), 'available', 'reserved', taken.quantity, 'reserved',
    'reservation', id)
end
local lines = cjson.encode(allocations)
redis.call('HSET', reservation, 'state', 'held', 'step', step_name, 'allocations', lines)
redis.call('ZADD', HOLDS, deadline, id)
note_reservation('reserved', reservation, id, lines)
tell()
return answer_step(step, cjson.encode({ reservation = { id = id, allocations = allocations } }))
