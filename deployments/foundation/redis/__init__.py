"""Each service's connection to Redis, its user, and the Lua preludes that scripts share."""
