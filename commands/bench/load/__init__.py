"""Clients of a store, in processes of their own."""
