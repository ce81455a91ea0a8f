-- Takes those out of a list who have waited longest, and publishes who they are; once for an event.
-- KEYS: inbox, list, sequences. ARGV: SKU, how many at most.
if event_seen(KEYS[1]) then return end
local buyers, most = {}, tonumber(ARGV[2])
if most > 0 then
  local popped = redis.call('ZPOPMIN', KEYS[2], most)
  for n = 1, #popped, 2 do
    local platform, buyer = popped[n]:match('^(.*)\n(.*)$')
    buyers[#buyers + 1] = { platform = platform, buyer = buyer }
  end
end
event_done(KEYS[1])
if #buyers > 0 then
  publish('org.fieldhouse.waitlist.called.v1', ARGV[1],
    cjson.encode({ sku = ARGV[1], buyers = buyers }), KEYS[3], ARGV[1])
end
