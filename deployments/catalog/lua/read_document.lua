-- A product as staff see it, by its id or a SKU, at one moment.
-- KEYS: products, prices, skus, hidden products, revisions, planned prices, pictures. ARGV: id or SKU.
-- Answers {revision, shown, hidden, {sku, price, …}, {plan…}, pictures}, '' for what there is not.
local id = redis.call('HGET', KEYS[3], ARGV[1]) or ARGV[1]
local shown, hidden = redis.call('HGET', KEYS[1], id), redis.call('HGET', KEYS[4], id)
local prices, plans = {}, {}
for _, variant in ipairs(shown and cjson.decode(shown).variants or {}) do
  table.insert(prices, variant.sku)
  table.insert(prices, redis.call('HGET', KEYS[2], variant.sku))
  local plan = redis.call('HGET', KEYS[6], variant.sku)
  if plan then table.insert(plans, plan) end
end
local revision = redis.call('HGET', KEYS[5], id) or '0'
local pictures = redis.call('HGET', KEYS[7], id)
return { revision, shown or '', hidden or '', prices, plans, pictures or '' }
