"""Pricing, alone on a real Valkey."""
