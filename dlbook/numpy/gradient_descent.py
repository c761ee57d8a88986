"""Gradient descent."""

__all__ = []
