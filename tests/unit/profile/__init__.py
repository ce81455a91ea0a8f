"""The business profile over HTTP."""
