-- Lets go of the oldest entries of the audit log, those written before a moment (ms), some at a
-- time. The last of them is noted, so that the chain still has a beginning. Answers how many went.
local last = string.format('(%s-0', ASKED.before)
local rows = redis.call('XRANGE', LOG, '-', last, 'COUNT', ASKED.most)
for _, row in ipairs(rows) do
  local fields = {}
  for n = 1, #row[2], 2 do fields[row[2][n]] = row[2][n + 1] end
  for _, ref in ipairs(refs_of(fields.change)) do
    redis.call('ZREM', INDEX, ref .. '\0' .. index_id(row[1]))
  end
  redis.call('HSET', TAIL, 'number', fields.number, 'hash', fields.hash)
  redis.call('XDEL', LOG, row[1])
end
return #rows
