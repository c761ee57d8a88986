"""Figures of the book: functions `fig_<what>` that draw numbers computed elsewhere.

`style` holds the look of every static figure, `interactive` the frame of every figure that moves, and
one module per topic the figures of its chapter. Nothing here computes a result of the book.
"""
