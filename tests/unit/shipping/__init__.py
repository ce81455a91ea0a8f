"""Shipping, alone on a real Valkey."""
