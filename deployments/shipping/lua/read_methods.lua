-- KEYS: version, methods. ARGV: the version that the caller holds.
-- Answers {version}, and the rows when the version is another.
local version = redis.call('GET', KEYS[1]) or ''
if version == ARGV[1] then return { version } end
return { version, redis.call('HVALS', KEYS[2]) }
