"""Timings side by side: this book's code and its peers in one process, in turns, on one thread."""
