-- Deduplication of a saga's steps and their undos, to be used inside the script that takes effect.
-- A step's record is a hash: `answer` once it took effect, `undone` once it was taken back or
-- was refused in advance. Records outlive every retry of the saga that owns them.
local STEP_TTL_SECONDS = 7 * 24 * 3600

-- What is known of a step: 'new', 'undone', or 'done' with the answer it gave.
local function step_state(key)
  local record = redis.call('HMGET', key, 'answer', 'undone')
  if record[2] then return 'undone', record[1] end
  if record[1] then return 'done', record[1] end
  return 'new', false
end

local function step_done(key, answer)
  redis.call('HSET', key, 'answer', answer)
  redis.call('EXPIRE', key, STEP_TTL_SECONDS)
end

-- Leaves the tombstone that refuses the step if it arrives later.
local function step_undone(key)
  redis.call('HSET', key, 'undone', '1')
  redis.call('EXPIRE', key, STEP_TTL_SECONDS)
end
