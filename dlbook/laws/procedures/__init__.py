"""The entries of functions without a gradient, one module per chapter: what the checker tries, and planted bugs."""
