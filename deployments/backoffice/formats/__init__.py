"""What columns mean: the store's own, and those of Shopify, WooCommerce and Medusa; as items."""
