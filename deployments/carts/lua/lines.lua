-- A prelude for scripts that change a cart's lines, after foundation's `events`: what became of
-- them. A cart is its decoded document.

-- A part of the document that may be missing.
local function part(value)
  return value ~= nil and value ~= cjson.null and value or {}
end

local function publish_line(kind, key, cart, line)
  publish('org.fieldhouse.carts.' .. kind .. '.v1', cart.id, cjson.encode({
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

-- What is to be published of the change from one document to another: first the lines that are
-- gone, then those that there are.
local function differences(before, after)
  local found, had, has = {}, by_id(before), by_id(after)
  local moves = part(before.context).address_country ~= part(after.context).address_country
  for _, line in ipairs(before.lines) do
    if not has[line.id .. '\n' .. line.sku] then
      found[#found + 1] = {'line_removed', before, line}
    end
  end
  for _, line in ipairs(after.lines) do
    local old = had[line.id .. '\n' .. line.sku]
    if not old then
      found[#found + 1] = {'line_added', after, line}
    elseif moves or old.quantity ~= line.quantity then
      found[#found + 1] = {'line_changed', after, line}
    end
  end
  return found
end

-- Publishes how the lines of two documents differ. If they do, the cart notes the number of the
-- last of these events, by which it knows an estimate of its delivery, and has no estimate yet.
local function publish_lines(key, before, after)
  local found = differences(before, after)
  for _, one in ipairs(found) do publish_line(one[1], key, one[2], one[3]) end
  if #found > 0 then
    redis.call('HSET', key, 'lines_at', redis.call('HGET', key, 'sequence'))
    redis.call('HDEL', key, 'estimate')
  end
end
