-- Publishes the carts that nobody changed for long, each once since its last change.
-- KEYS: carts by last change
-- ARGV: changed until (ms), at most, what a cart's key begins with
-- Returns how many carts it looked at. Which carts is found here, so their keys cannot be among
-- KEYS; they carry the same hash tag. A cart that has expired is only forgotten.
local due = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])

local function abandoned(cart)
  local lines, totals = {}, cart.priced.totals
  for n, line in ipairs(cart.lines) do
    lines[n] = {
      sku = line.sku, title = line.title, quantity = line.quantity, unit_price = line.unit_price,
    }
  end
  return cjson.encode({
    cart_id = cart.id, platform = cart.platform, buyer_email = part(cart.buyer).email,
    currency = cart.currency, total = totals.total, lines = lines,
    discount = totals.items_discount + totals.discount, tax = totals.tax,
  })
end

for _, id in ipairs(due) do
  local key = ARGV[3] .. id
  local doc = redis.call('HGET', key, 'doc')
  redis.call('ZREM', KEYS[1], id)
  if doc then
    publish('org.fieldhouse.carts.abandoned.v1', id, abandoned(cjson.decode(doc)), key)
  end
end
return #due
