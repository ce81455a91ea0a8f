-- Takes in a batch of products, once, and publishes each.
-- KEYS: products, prices, skus, batches, sequences, prices had, revisions, hidden products.
-- ARGV: batch, products as JSON: [{id, document, prices: [[sku, cents]…], event}…]
-- Answers {'imported', count} or {'taken', sku}, the latter before anything is written.
local products, prices, skus, batches = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('SISMEMBER', batches, ARGV[1]) == 1 then return {'imported', 0} end

local revisions, hidden = KEYS[7], KEYS[8]
local batch = cjson.decode(ARGV[2])
local owners = {}
for _, product in ipairs(batch) do
  for _, price in ipairs(product.prices) do
    local owner = owners[price[1]] or redis.call('HGET', skus, price[1])
    if owner and owner ~= product.id then return {'taken', price[1]} end
    owners[price[1]] = product.id
  end
end

-- Which prices there were is written down from the first product on, or not at all.
local had = KEYS[6]
local remembers = redis.call('EXISTS', had) == 1 or redis.call('EXISTS', products) == 0

local function forget(product_id)
  local document, kept = redis.call('HGET', products, product_id), redis.call('HGET', hidden, product_id)
  local product = document and cjson.decode(document) or kept and cjson.decode(kept).product
  if not product then return end
  redis.call('HDEL', hidden, product_id)
  for _, variant in ipairs(product.variants) do
    redis.call('HDEL', skus, variant.sku)
    redis.call('HDEL', prices, variant.sku)
  end
end

for _, product in ipairs(batch) do
  forget(product.id)
  redis.call('HSET', products, product.id, product.document)
  redis.call('HINCRBY', revisions, product.id, 1)
  for _, price in ipairs(product.prices) do
    redis.call('HSET', skus, price[1], product.id)
    redis.call('HSET', prices, price[1], price[2])
    if remembers then
      redis.call('HSET', had, string.format('%d', price[2]) .. ' ' .. price[1], 1)
    end
  end
end
redis.call('SADD', batches, ARGV[1])
for _, product in ipairs(batch) do
  publish('org.fieldhouse.catalog.product_changed.v1', product.id, product.event, KEYS[5], product.id)
end
return {'imported', #batch}
