-- Writes a value unless there is one. KEYS: where. ARGV: the value. Returns what is there.
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
