"""Calls between services: a typed protocol on both sides, a Serve handle or the process itself
between."""
