"""The catalogue: one module per chapter, one `operation(...)` entry per reference."""
