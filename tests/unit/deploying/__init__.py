"""The parts of a deployment that need no Ray."""
