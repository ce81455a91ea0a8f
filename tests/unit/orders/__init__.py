"""Orders on a real Valkey, and over HTTP."""
