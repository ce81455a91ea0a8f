-- How units move, to be used inside the scripts of inventory after foundation's `steps` and
-- `events`. Every one of them has KEYS: stock, ledger, holds, sequences, levels, the terms of what
-- is sold ahead, the prefixes of the queues for it and of reservations, then its own; and ARGV: the
-- time in milliseconds, then its own. Which queues and reservations get what arrives is found here,
-- so their keys cannot be among KEYS; they carry the same hash tag.
-- Each answers JSON: what it did, or `refused` and why.
local STOCK, LEDGER, HOLDS, SEQUENCES, LEVELS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local AHEAD, QUEUES, RESERVATIONS = KEYS[6], KEYS[7], KEYS[8]
local NOW = ARGV[1]
-- Where units are that are sold before they are here.
local NOT_HERE = '0'
-- A reservation that is over is kept as long as the records of the steps that made it.
local OVER_TTL_SECONDS = STEP_TTL_SECONDS

-- A SKU is low with this many units left, all locations together.
local LOW_UNITS = 5

local LAPSED = '{"refused":"lapsed"}'
local UNDONE = '{"refused":"undone"}'
local DONE = '{}'

-- What this step answered before, or nothing if it is new.
local function first_answer(step)
  local state, answer = step_state(step)
  if state == 'undone' then return UNDONE end
  return answer
end

local function answer_step(step, answer)
  step_done(step, answer)
  return answer
end

-- Units of a SKU by location and state.
local function places_of(sku)
  local places = redis.call('HGET', STOCK, sku)
  return places and cjson.decode(places) or {}
end

-- What there is to publish: events about reservations, and how the units available of each SKU
-- changed. A script calls `tell` when all is done.
local events, levels, skus = {}, {}, {}

local function note_reservation(kind, reservation, id, lines, more)
  local data = '{"lines":' .. lines .. '}'
  more = more or {}
  more.reservation_id = id
  table.insert(events, { kind, id, with(data, more), reservation })
end

local function available(places)
  local sum = 0
  for _, units in pairs(places) do sum = sum + units.available end
  return sum
end

-- What became of a SKU's level. One that never had a row is new, and not back.
local function level_event(level)
  if not level.was then return nil end
  if level.now == 0 then return level.was > 0 and 'out' end
  if level.was == 0 then return 'back' end
  return level.now <= LOW_UNITS and level.was > LOW_UNITS and 'low'
end

-- From the fullest location first, so that a line is split over as few as can be.
local function by_units(a, b)
  if a.units ~= b.units then return a.units > b.units end
  return a.location < b.location
end

-- How to take units of a SKU from its locations; and how many there are.
local function pick(sku, wanted)
  local places, there, allocations = {}, 0, {}
  for location, units in pairs(places_of(sku)) do
    table.insert(places, { location = tonumber(location), units = units.available })
    there = there + units.available
  end
  table.sort(places, by_units)
  for _, place in ipairs(places) do
    local taken = math.min(place.units, wanted)
    if taken > 0 then
      table.insert(allocations, { sku = sku, location_id = place.location, quantity = taken })
      wanted = wanted - taken
    end
  end
  return allocations, there
end

-- Defined below: what becomes available goes to whoever waits for it.
local fill

local function tell()
  for _, sku in ipairs(skus) do
    if levels[sku].waits and levels[sku].now > 0 then fill(sku) end
  end
  for _, event in ipairs(events) do
    publish('org.fieldhouse.inventory.' .. event[1] .. '.v1', unpack(event, 2))
  end
  for _, sku in ipairs(skus) do
    local kind = level_event(levels[sku])
    if kind then
      publish('org.fieldhouse.inventory.' .. kind .. '.v1', sku,
        cjson.encode({ sku = sku, available = levels[sku].now }), SEQUENCES, sku)
    end
  end
end

-- The only way in which the stock changes. `account` is 'batch', 'reservation', 'change' or
-- 'transfer', with its `name`; `more` are further fields of the ledger's entry.
local function move(sku, location, source, target, quantity, why, account, name, more)
  local places = places_of(sku)
  if not levels[sku] then
    levels[sku] = { was = next(places) and available(places) }
    table.insert(skus, sku)
  end
  local units = places[location] or { available = 0, reserved = 0, committed = 0 }
  if source ~= 'outside' then
    units[source] = (units[source] or 0) - quantity
    assert(units[source] >= 0, 'more units of ' .. sku .. ' move than there are')
  end
  if target ~= 'outside' then units[target] = (units[target] or 0) + quantity end
  places[location] = units
  redis.call('HSET', STOCK, sku, cjson.encode(places))
  levels[sku].now = available(places)
  local ahead = places[NOT_HERE]
  levels[sku].waits = ahead and ahead.reserved + ahead.committed > 0
  if source == 'available' or target == 'available' or location == NOT_HERE then
    redis.call('ZADD', LEVELS, levels[sku].now, sku)
  end
  if quantity == 0 then return end
  redis.call('XADD', LEDGER, '*', 'sku', sku, 'location_id', location, 'source', source,
    'target', target, 'quantity', quantity, 'why', why, 'at', NOW, account, name,
    unpack(more or {}))
end

-- A reservation has come to its end.
local function over(reservation, id, state, lines, more)
  redis.call('EXPIRE', reservation, OVER_TTL_SECONDS)
  note_reservation(state, reservation, id, lines, more)
end

-- Settles a reservation: its units go to `target`. What is not here yet and is given back may be
-- sold ahead again; what is sold keeps its place in the queue, and the reservation is not over.
local function settle(reservation, id, target, state, why)
  local lines, waits = redis.call('HGET', reservation, 'allocations'), false
  for _, taken in ipairs(cjson.decode(lines)) do
    local to = target
    if tostring(taken.location_id) == NOT_HERE then
      if target == 'available' then
        to = 'allowed'
        redis.call('ZREM', QUEUES .. taken.sku, id)
      else
        waits = true
      end
    end
    move(taken.sku, tostring(taken.location_id), 'reserved', to, taken.quantity, why,
      'reservation', id)
  end
  redis.call('ZREM', HOLDS, id)
  redis.call('HSET', reservation, 'state', state)
  if not waits then over(reservation, id, state, lines, state == 'released' and { why = why }) end
end

-- A reservation's allocations with these units of a SKU at their locations instead of awaited, how
-- many are awaited still, and whether it awaits anything at all.
local function with_arrived(allocations, sku, arrived)
  local at, kept, left, waits = {}, {}, 0, false
  for _, taken in ipairs(arrived) do at[taken.location_id] = taken.quantity end
  for _, taken in ipairs(allocations) do
    local awaited = tostring(taken.location_id) == NOT_HERE
    if taken.sku == sku and awaited then
      for _, units in ipairs(arrived) do taken.quantity = taken.quantity - units.quantity end
      left = taken.quantity
    elseif taken.sku == sku then
      taken.quantity = taken.quantity + (at[taken.location_id] or 0)
      at[taken.location_id] = nil
    end
    if taken.quantity > 0 then
      table.insert(kept, taken)
      waits = waits or awaited
    end
  end
  for _, units in ipairs(arrived) do
    if at[units.location_id] then table.insert(kept, units) end
  end
  return kept, left, waits
end

-- Gives what there is of a SKU to the reservation that waits first; false if none does.
local function fill_first(sku)
  local queue = QUEUES .. sku
  local id = redis.call('ZRANGE', queue, 0, 0)[1]
  if not id then return false end
  local reservation = RESERVATIONS .. id
  local state, written = unpack(redis.call('HMGET', reservation, 'state', 'allocations'))
  local allocations, wanted = cjson.decode(written), 0
  for _, taken in ipairs(allocations) do
    if taken.sku == sku and tostring(taken.location_id) == NOT_HERE then wanted = taken.quantity end
  end
  local arrived = pick(sku, wanted)
  local as = state == 'committed' and 'committed' or 'reserved'
  for _, units in ipairs(arrived) do
    move(sku, tostring(units.location_id), 'available', as, units.quantity, 'filled', 'reservation', id)
    move(sku, NOT_HERE, as, 'outside', units.quantity, 'filled', 'reservation', id)
  end
  local kept, left, waits = with_arrived(allocations, sku, arrived)
  local lines = cjson.encode(kept)
  -- What was told when it was made stays as it was told.
  redis.call('HSETNX', reservation, 'told', written)
  redis.call('HSET', reservation, 'allocations', lines)
  if left == 0 then redis.call('ZREM', queue, id) end
  if state == 'committed' and not waits then over(reservation, id, 'committed', lines) end
  return true
end

fill = function(sku)
  while levels[sku].now > 0 and fill_first(sku) do end
end
