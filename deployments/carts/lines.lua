-- A prelude for scripts that change a cart's lines, after foundation's `events`: what became of
-- them. A cart is its decoded document.

-- A part of the document that may be missing.
local function part(value)
  return value ~= nil and value ~= cjson.null and value or {}
end

local function announce_line(kind, key, cart, line)
  announce('org.fieldhouse.carts.' .. kind .. '.v1', cart.id, cjson.encode({
    cart_id = cart.id, platform = cart.platform, line_id = line.id, sku = line.sku,
    title = line.title, unit_price = line.unit_price, quantity = line.quantity,
    weight_grams = line.weight_grams, country = part(cart.context).address_country,
  }), key)
end

-- A line under the same id but of another item is another line.
local function by_id(cart)
  local lines = {}
  for _, line in ipairs(cart.lines) do lines[line.id .. '\n' .. line.sku] = line end
  return lines
end

-- Announces how the lines of two documents differ: first what is gone, then what there is.
local function announce_lines(key, before, after)
  local had, has = by_id(before), by_id(after)
  for _, line in ipairs(before.lines) do
    if not has[line.id .. '\n' .. line.sku] then announce_line('line_removed', key, before, line) end
  end
  for _, line in ipairs(after.lines) do
    local old = had[line.id .. '\n' .. line.sku]
    if not old then
      announce_line('line_added', key, after, line)
    elseif old.quantity ~= line.quantity then
      announce_line('line_changed', key, after, line)
    end
  end
end
