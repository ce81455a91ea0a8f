-- Returns held reservations past their deadline, and refuses their reserving steps from now on.
-- KEYS: as `movements` has them. ARGV: now, how many at most, prefix of reservations, of steps.
-- Which reservations and steps is found here, so their keys cannot be among KEYS; they carry the
-- same hash tag. All who ask read the holds here, so that each reservation is returned once.
local limit, reservations, steps = ARGV[2], ARGV[3], ARGV[4]

local lapsed = redis.call('ZRANGE', HOLDS, '-inf', NOW, 'BYSCORE', 'LIMIT', 0, limit)
for _, id in ipairs(lapsed) do
  local reservation = reservations .. id
  step_undone(steps .. redis.call('HGET', reservation, 'step'))
  settle(reservation, id, 'available', 'released', 'lapsed')
end
tell()
return cjson.encode({ count = #lapsed })
