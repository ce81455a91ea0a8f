"""The store's services: one service each, beside the foundation they all stand on."""
