"""Stores that the bench starts, an empty route beside them, and what their processes use."""
