"""Staff, alone on a real Valkey."""
