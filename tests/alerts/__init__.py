"""Every shipped alert, made to fire by breaking what it watches in a store that runs."""
