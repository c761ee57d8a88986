"""Scripts and style of the figures that move, read by `dlbook.figures.interactive`."""
