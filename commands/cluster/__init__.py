"""The store on several machines: what Serve is told there, and how it is brought there."""
