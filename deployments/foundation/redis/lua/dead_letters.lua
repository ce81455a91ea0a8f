-- Dead letters, to be used inside the scripts that give something up or take it up again, after
-- `clock`. They are a stream, whose key such a script has among its KEYS. Beside it lie the set of
-- letters to be replayed and, where letters belong to something that may end, a set for each of
-- those. A letter's id begins with when it was written, so the oldest come first.
local DEAD_LETTER_TTL_MS = 30 * 24 * 3600 * 1000
local EXPIRED_AT_ONCE = 100

local function letters_of_key(letters, owner) return letters .. ':of:' .. owner end

-- Removes a letter. Returns its fields by name, or nothing if there is no such letter.
local function take_dead_letter(letters, id)
  redis.call('SREM', letters .. ':replaying', id)
  local found = redis.call('XRANGE', letters, id, id)[1]
  if not found then return nil end
  redis.call('XDEL', letters, id)
  local fields = {}
  for n = 1, #found[2], 2 do fields[found[2][n]] = found[2][n + 1] end
  if fields.owner then redis.call('SREM', letters_of_key(letters, fields.owner), id) end
  return fields
end

-- Removes letters that are too old, some at a time: it is called often.
local function expire_dead_letters(letters)
  local last = string.format('%.0f', server_time() - DEAD_LETTER_TTL_MS)
  for _, letter in ipairs(redis.call('XRANGE', letters, '-', last, 'COUNT', EXPIRED_AT_ONCE)) do
    take_dead_letter(letters, letter[1])
  end
end

-- Keeps a letter with these fields, and when it was written. A stream that nobody looks after any
-- more expires as a whole, as long after its last letter.
local function add_dead_letter(letters, fields)
  expire_dead_letters(letters)
  local words = {'failed_at', string.format('%.0f', server_time())}
  for name, value in pairs(fields) do
    words[#words + 1] = name
    words[#words + 1] = value
  end
  local id = redis.call('XADD', letters, '*', unpack(words))
  redis.call('PEXPIRE', letters, DEAD_LETTER_TTL_MS)
  if fields.owner then
    redis.call('SADD', letters_of_key(letters, fields.owner), id)
    redis.call('PEXPIRE', letters_of_key(letters, fields.owner), DEAD_LETTER_TTL_MS)
  end
end

-- Removes all letters of something that has ended.
local function drop_dead_letters_of(letters, owner)
  for _, id in ipairs(redis.call('SMEMBERS', letters_of_key(letters, owner))) do
    take_dead_letter(letters, id)
  end
end
