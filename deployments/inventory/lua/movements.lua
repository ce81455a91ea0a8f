-- How units move, to be used inside the scripts of inventory after foundation's `steps` and
-- `events`. Every one of them has KEYS: stock, ledger, holds, sequences, levels, then its own; and
-- ARGV: the time in milliseconds, then its own. Each answers JSON: what it did, or `refused` and why.
local STOCK, LEDGER, HOLDS, SEQUENCES, LEVELS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local NOW = ARGV[1]
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

local function tell()
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
  if source == 'available' or target == 'available' then
    redis.call('ZADD', LEVELS, levels[sku].now, sku)
  end
  if quantity == 0 then return end
  redis.call('XADD', LEDGER, '*', 'sku', sku, 'location_id', location, 'source', source,
    'target', target, 'quantity', quantity, 'why', why, 'at', NOW, account, name,
    unpack(more or {}))
end

-- Ends a reservation: its units go to `target`.
local function settle(reservation, id, target, state, why)
  local lines = redis.call('HGET', reservation, 'allocations')
  for _, taken in ipairs(cjson.decode(lines)) do
    move(taken.sku, tostring(taken.location_id), 'reserved', target, taken.quantity, why,
      'reservation', id)
  end
  redis.call('ZREM', HOLDS, id)
  redis.call('HSET', reservation, 'state', state)
  redis.call('EXPIRE', reservation, OVER_TTL_SECONDS)
  note_reservation(state, reservation, id, lines, state == 'released' and { why = why })
end
