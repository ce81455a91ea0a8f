"""The store's services: one room each, beside the foundation they all stand on."""
