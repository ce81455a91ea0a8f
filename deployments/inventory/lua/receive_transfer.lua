-- The units of a transfer have arrived, once.
-- KEYS: as `movements` has them, the change's record, transfers.
-- ARGV: now, the transfer's id, who and why as JSON, the author's id, the reason.
-- Answers the places that were touched as they are, or `unknown_transfer`.
local record, transfers = KEYS[9], KEYS[10]
local id, authored, author, reason = ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local before = first_answer(record)
if before then return before end
local stored = redis.call('HGET', transfers, id)
if not stored then return '{"unknown_transfer":true}' end

local transfer, skus = cjson.decode(stored), {}
local target = tostring(transfer.target_id)
for _, line in ipairs(transfer.lines) do
  local was = level_of(line.sku, target)
  move(line.sku, target, 'incoming', 'available', line.quantity, 'arrived', 'transfer', id,
    { 'author', author, 'reason', reason })
  note_change(line.sku, target, 'transfer_received', authored, was)
  table.insert(skus, line.sku)
end
redis.call('HDEL', transfers, id)
tell()
return answer_step(record, touched(skus, 'touched'))
