-- A run comes to its next state by its worker, and waits or is over; what is not needed then goes.
-- KEYS: those of `import_lease`, then what goes. ARGV: those of `import_lease`, fields as JSON.
if not is_mine() then return 0 end
for field, value in pairs(cjson.decode(ARGV[4])) do redis.call('HSET', RUN, field, value) end
redis.call('ZREM', OPEN, ID)
for n = 3, #KEYS do redis.call('UNLINK', KEYS[n]) end
return 1
