"""Cards."""

from dlbook.data.cards import Card

CARDS: list[Card] = []
