-- Writes a product as staff want it, in its state, if it is at the revision that was seen.
-- KEYS: products, prices, skus, sequences, prices had, revisions, hidden products.
-- ARGV: id, the revision ('' for a new one), the product without prices as JSON if shoppers shall
-- see it (else ''), the hidden document as JSON, prices as JSON [[sku, cents]…], the event's type and
-- its data. Answers {'saved', revision}, {'stale'}, {'unknown'} or {'taken', sku}.
local products, prices, skus = KEYS[1], KEYS[2], KEYS[3]
local sequences, had, revisions, hidden = KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local id, seen, document, hidden_document = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local rows = cjson.decode(ARGV[5])

local function variants_of()
  local shown = redis.call('HGET', products, id)
  if shown then return cjson.decode(shown).variants end
  local kept = redis.call('HGET', hidden, id)
  return kept and cjson.decode(kept).product.variants
end

local before = variants_of()
if not before and seen ~= '' then return { 'unknown' } end
if before and seen ~= (redis.call('HGET', revisions, id) or '0') then return { 'stale' } end
for _, row in ipairs(rows) do
  local owner = redis.call('HGET', skus, row[1])
  if owner and owner ~= id then return { 'taken', row[1] } end
end

-- Which prices there were is written down from the first product on, or not at all.
local remembers = redis.call('EXISTS', had) == 1 or redis.call('EXISTS', products) == 0
for _, variant in ipairs(before or {}) do
  redis.call('HDEL', skus, variant.sku)
  redis.call('HDEL', prices, variant.sku)
end
for _, row in ipairs(rows) do
  redis.call('HSET', skus, row[1], id)
  if document ~= '' then
    redis.call('HSET', prices, row[1], row[2])
    if remembers then redis.call('HSET', had, string.format('%d', row[2]) .. ' ' .. row[1], 1) end
  end
end
if document ~= '' then
  redis.call('HSET', products, id, document)
  redis.call('HDEL', hidden, id)
else
  redis.call('HSET', hidden, id, hidden_document)
  redis.call('HDEL', products, id)
end
publish(ARGV[6], id, ARGV[7], sequences, id)
return { 'saved', redis.call('HINCRBY', revisions, id, 1) }
