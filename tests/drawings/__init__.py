"""One example of every figure, by topic.

`EXAMPLES[name]` is a pair of arguments and options; `REFUSED` lists wrong calls with what the error names.
"""
