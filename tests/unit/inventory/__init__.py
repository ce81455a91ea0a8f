"""Inventory on a real Valkey."""
