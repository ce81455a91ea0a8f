-- Publishes one `Ground` of each subject in ARGV, in their order. KEYS: counters, then the streams.
for n, sack in ipairs(ARGV) do
  local data = cjson.encode({sack = sack, n = n})
  publish('org.fieldhouse.mill.ground.v1', sack, data, KEYS[1], sack)
end
