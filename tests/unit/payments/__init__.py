"""Payments on a real Valkey."""
