"""Readers of documents that have a form of their own: cards, wage statements, contracts, letterheads of other types."""

from processors.reading.forms.reader import FormsReader, LetterheadReader

__all__ = ["FormsReader", "LetterheadReader"]
