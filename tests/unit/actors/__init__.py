"""The loops of actors, without Ray."""
