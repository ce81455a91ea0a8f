-- Writes an order down, once for a step: its label, its history and its places in the indices.
-- KEYS: step, order, history, platform's index, last label, payment, orders by number, and the
--       version of all orders unless they are grouped by partition
-- ARGV: step's key, order id, platform, order as JSON, history entry as JSON, seconds since 1970,
--       the event's data without the label, the order's version, then of the label's number: one
--       that it is above, and the remainder that its place leaves by what
-- Returns an outcome and the label: 'placed' (now or before), 'undone', or 'taken' when another
-- step has placed an order under this id.
local FIRST_LABEL = 100001

local state, label = step_state(KEYS[1])
if state == 'undone' then return { 'undone', '' } end
if state == 'done' then return { 'placed', label } end

local before = redis.call('HMGET', KEYS[2], 'placed_by', 'label', 'withdrawn')
if before[1] and before[1] ~= ARGV[1] then return { 'taken', '' } end
-- The record of the step may have lapsed; the order itself never does.
if before[3] then return { 'undone', '' } end
if before[1] then return { 'placed', before[2] } end

local last = math.max(redis.call('GET', KEYS[5]) or 0, ARGV[9] - FIRST_LABEL + 1)
local place = last + ARGV[11] - (last - ARGV[10]) % ARGV[11]
redis.call('SET', KEYS[5], place)
local number = FIRST_LABEL - 1 + place
label = 'FH-' .. number
redis.call('HSET', KEYS[2], 'order', ARGV[4], 'label', label, 'platform', ARGV[3],
  'placed_by', ARGV[1], 'version', ARGV[8])
-- A store without orders has none of an earlier version.
if KEYS[8] and place == 1 then redis.call('SET', KEYS[8], ARGV[8]) end
redis.call('RPUSH', KEYS[3], ARGV[5])
redis.call('ZADD', KEYS[4], ARGV[6], ARGV[2])
redis.call('SET', KEYS[6], ARGV[2])
redis.call('ZADD', KEYS[7], number, ARGV[2])
step_done(KEYS[1], label)
publish('org.fieldhouse.orders.placed.v1', ARGV[2], with(ARGV[7], { label = label }), KEYS[2])
return { 'placed', label }
