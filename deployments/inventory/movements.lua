-- How units move, to be used inside the scripts of inventory after foundation's `steps`.
-- Every one of them has KEYS: stock, ledger, holds, then its own; and ARGV: the time in
-- milliseconds, then its own. Each answers JSON: what it did, or `refused` and why.
local STOCK, LEDGER, HOLDS = KEYS[1], KEYS[2], KEYS[3]
local NOW = ARGV[1]
-- A reservation that is over is kept as long as the records of the steps that made it.
local OVER_TTL_SECONDS = STEP_TTL_SECONDS

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

-- The only way in which the stock changes. `account` is 'batch' or 'reservation', with its `name`.
local function move(sku, location, source, target, quantity, why, account, name)
  local places = places_of(sku)
  local units = places[location] or { available = 0, reserved = 0, committed = 0 }
  if source ~= 'outside' then
    units[source] = units[source] - quantity
    assert(units[source] >= 0, 'more units of ' .. sku .. ' move than there are')
  end
  units[target] = units[target] + quantity
  places[location] = units
  redis.call('HSET', STOCK, sku, cjson.encode(places))
  if quantity == 0 then return end
  redis.call('XADD', LEDGER, '*', 'sku', sku, 'location_id', location, 'source', source,
    'target', target, 'quantity', quantity, 'why', why, 'at', NOW, account, name)
end

-- Ends a reservation: its units go to `target`.
local function settle(reservation, id, target, state, why)
  for _, taken in ipairs(cjson.decode(redis.call('HGET', reservation, 'allocations'))) do
    move(taken.sku, tostring(taken.location_id), 'reserved', target, taken.quantity, why,
      'reservation', id)
  end
  redis.call('ZREM', HOLDS, id)
  redis.call('HSET', reservation, 'state', state)
  redis.call('EXPIRE', reservation, OVER_TTL_SECONDS)
end
