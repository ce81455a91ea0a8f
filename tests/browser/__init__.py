"""The back office in a real Chromium."""
