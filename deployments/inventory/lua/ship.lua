-- Sold units left their location: all of them or none, once for an event.
-- KEYS: as `movements` has them, inbox.
-- ARGV: now, reservation id, location id, then SKU and quantity in turn, each SKU once.
local inbox, id, location = KEYS[9], ARGV[2], ARGV[3]

if event_seen(inbox) then return DONE end
-- What a script wrote before it failed stays written, so all is looked at before anything moves.
for n = 4, #ARGV, 2 do
  local units = places_of(ARGV[n])[location]
  assert(units and units.committed >= tonumber(ARGV[n + 1]),
    'more units of ' .. ARGV[n] .. ' are shipped than are sold at location ' .. location)
end
for n = 4, #ARGV, 2 do
  move(ARGV[n], location, 'committed', 'shipped', tonumber(ARGV[n + 1]), 'shipped',
    'reservation', id)
end
event_done(inbox)
return DONE
