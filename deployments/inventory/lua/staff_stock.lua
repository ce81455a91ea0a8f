-- What the scripts share by which staff change the stock, to be used after `movements`.

-- Units of a SKU at a location; on hand are all that lie there, whoever they are for.
local function level_of(sku, location)
  local units = places_of(sku)[location] or {}
  local level = {
    available = units.available or 0,
    held = units.reserved or 0,
    sold = units.committed or 0,
    incoming = units.incoming or 0,
  }
  level.on_hand = level.available + level.held + level.sold
  return level
end

local function unknown_location(location)
  return cjson.encode({ unknown_location = tonumber(location) })
end

local function missing_units(sku, location, wanted, there)
  return { sku = sku, location_id = tonumber(location), wanted = wanted, available = there }
end

-- The rows of these SKUs as they are stored, as an answer under a name.
local function touched(skus, name)
  local rows = {}
  for _, sku in ipairs(skus) do rows[sku] = redis.call('HGET', STOCK, sku) or '{}' end
  return cjson.encode({ [name] = rows })
end

-- What is to be told of a place that was changed from `before`.
local function note_change(sku, location, action, authored, before)
  local subject = 'inventory/stock/' .. sku
  local change = change_of(authored, subject, action, before, level_of(sku, location))
  local data = with('{"change":' .. change .. '}', { sku = sku, location_id = tonumber(location) })
  table.insert(events, { 'stock_changed', sku, data, SEQUENCES, sku })
end
