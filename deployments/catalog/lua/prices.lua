-- How a price changes, to be used after foundation's `publish` and `changes`. Every script has KEYS:
-- products, prices, skus, sequences, prices had, revisions, then its own.
local PRODUCTS, PRICES, SKUS = KEYS[1], KEYS[2], KEYS[3]
local SEQUENCES, HAD, REVISIONS = KEYS[4], KEYS[5], KEYS[6]

-- The published product of a SKU; false if there is none.
local function product_of(sku)
  local product = redis.call('HGET', SKUS, sku)
  return product and redis.call('HEXISTS', PRODUCTS, product) == 1 and product
end

-- Whether a product is at another revision than the one that was seen ('' for any).
local function is_stale(product, seen)
  return seen ~= '' and seen ~= (redis.call('HGET', REVISIONS, product) or '0')
end

-- Sets the price of a SKU of a product and publishes it, unless it is that already. `cents` is text.
local function set_price(product, sku, cents, event, authored)
  local was = redis.call('HGET', PRICES, sku)
  if was == cents then return end
  redis.call('HSET', PRICES, sku, cents)
  redis.call('HINCRBY', REVISIONS, product, 1)
  if redis.call('EXISTS', HAD) == 1 then redis.call('HSET', HAD, cents .. ' ' .. sku, 1) end
  local change = change_of(authored, 'catalog/price/' .. sku, 'price_changed',
    { price = tonumber(was) }, { price = tonumber(cents) })
  local data = event:sub(1, -2) .. ',"change":' .. change .. '}'
  publish('org.fieldhouse.catalog.price_changed.v1', sku, data, SEQUENCES, sku)
end
