-- Files SKUs under how many units of them can be sold, as stock that was booked by a version without
-- that list lacks. KEYS: stock, levels. ARGV: SKUs.
for _, sku in ipairs(ARGV) do
  local row, sum = redis.call('HGET', KEYS[1], sku), 0
  for _, units in pairs(row and cjson.decode(row) or {}) do sum = sum + units.available end
  redis.call('ZADD', KEYS[2], sum, sku)
end
