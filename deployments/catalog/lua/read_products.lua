-- The products that ids or SKUs name, the prices of their variants, and their pictures.
-- KEYS: products, prices, skus, hidden products, pictures. ARGV: product ids or SKUs.
-- Answers {products, {sku, price, …}, hidden documents, ids of what is not shown, {id, pictures, …}}.
local products, prices, hidden, gone, pictures, seen = {}, {}, {}, {}, {}, {}
for _, id in ipairs(ARGV) do
  local product_id = redis.call('HGET', KEYS[3], id) or id
  if not seen[product_id] then
    seen[product_id] = true
    local document = redis.call('HGET', KEYS[1], product_id)
    local pictured = redis.call('HGET', KEYS[5], product_id)
    if pictured then
      pictures[#pictures + 1] = product_id
      pictures[#pictures + 1] = pictured
    end
    for _, variant in ipairs(document and cjson.decode(document).variants or {}) do
      prices[#prices + 1] = variant.sku
      prices[#prices + 1] = redis.call('HGET', KEYS[2], variant.sku)
    end
    if document then
      products[#products + 1] = document
    else
      gone[#gone + 1] = product_id
      hidden[#hidden + 1] = redis.call('HGET', KEYS[4], product_id) or nil
    end
  end
end
return { products, prices, hidden, gone, pictures }
