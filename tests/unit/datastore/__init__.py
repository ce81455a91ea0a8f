"""The embedded server and the users on an external one, on real Valkey."""
