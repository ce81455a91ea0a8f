-- The products that ids or SKUs name, and the prices of their variants.
-- KEYS: products, prices, skus. ARGV: product ids or SKUs. Answers {products, {sku, price, …}}.
local products, prices, seen = {}, {}, {}
for _, id in ipairs(ARGV) do
  local product_id = redis.call('HGET', KEYS[3], id) or id
  local document = not seen[product_id] and redis.call('HGET', KEYS[1], product_id)
  seen[product_id] = true
  if document then
    products[#products + 1] = document
    for _, variant in ipairs(cjson.decode(document).variants) do
      prices[#prices + 1] = variant.sku
      prices[#prices + 1] = redis.call('HGET', KEYS[2], variant.sku)
    end
  end
end
return {products, prices}
