-- Staff change how many units there are at places: all rows or none, once under a key.
-- KEYS: as `movements` has them, the change's record, locations.
-- ARGV: now, the key, what is done (received, adjusted, counted), who and why as JSON, the author's
-- id, the reason, then SKU, location id, a number and what was expected there ('' for anything) in turn.
-- Answers the places that were touched as they are, or `unknown_location`, `moved` or `missing`.
local record, locations = KEYS[9], KEYS[10]
local key, action, authored, author, reason = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local before = first_answer(record)
if before then return before end

local function row_at(n)
  local sku, location, number = ARGV[n], ARGV[n + 1], tonumber(ARGV[n + 2])
  local level = level_of(sku, location)
  local by = action == 'counted' and number - level.on_hand or number
  return { sku = sku, location = location, level = level, by = by, expected = ARGV[n + 3] }
end

local rows, moved, missing = {}, {}, {}
for n = 7, #ARGV, 4 do
  local row = row_at(n)
  if redis.call('HEXISTS', locations, row.location) == 0 then return unknown_location(row.location) end
  if row.expected ~= '' and tonumber(row.expected) ~= row.level.on_hand then
    table.insert(moved, row.sku)
  elseif row.by < 0 and row.level.available + row.by < 0 then
    table.insert(missing, missing_units(row.sku, row.location, -row.by, row.level.available))
  end
  table.insert(rows, row)
end
if #moved > 0 then return touched(moved, 'moved') end
if #missing > 0 then return cjson.encode({ missing = missing }) end

local skus = {}
for _, row in ipairs(rows) do
  local source, target = 'outside', 'available'
  if row.by < 0 then source, target = target, source end
  move(row.sku, row.location, source, target, math.abs(row.by), action, 'change', key,
    { 'author', author, 'reason', reason })
  note_change(row.sku, row.location, action, authored, row.level)
  table.insert(skus, row.sku)
end
tell()
return answer_step(record, touched(skus, 'touched'))
