"""Classification of a page without words, by its shape alone."""

from typing import Final

from processors.classification.types import Classification, DocumentType

_ID_1: Final = 85.60 / 53.98
"""Width over height of a bank card or driving licence (ISO/IEC 7810, ID-1)."""
_ID_1_SLACK: Final = 0.06
_STRIP: Final = 2.2
"""A page this much higher than wide is cut from a roll."""
_NARROW_STRIP: Final = 3.0
_LARGEST_CARD: Final = 400.0
"""Longest side in points that a scanned card has; a landscape photo of the same shape is larger."""


def classify_shape(width: float, height: float, media: str) -> Classification:
    """What a page of ``width`` x ``height`` points is likely to be, before its text is known.

    ``media`` is the MIME type: only images are cards and till rolls by their shape; a PDF page of that shape says less.
    Never more certain than 0.7, so that the text decides.
    """
    if width <= 0 or height <= 0:
        return Classification(DocumentType.OTHER, 0.1, "the page has no size")
    is_image = media.startswith("image/")
    if height / width >= _STRIP:
        confidence = 0.7 if height / width >= _NARROW_STRIP or is_image else 0.55
        return Classification(DocumentType.RECEIPT, confidence, "a long narrow strip, as tills print")
    aspect = max(width, height) / min(width, height)
    if is_image and abs(aspect - _ID_1) <= _ID_1_SLACK * _ID_1:
        confidence = 0.55 if max(width, height) <= _LARGEST_CARD else 0.4
        return Classification(DocumentType.ID_CARD, confidence, "the shape of a card (ISO/IEC 7810 ID-1)")
    return Classification(DocumentType.OTHER, 0.2, "the shape of an ordinary page says nothing")
