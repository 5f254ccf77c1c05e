"""What kind of document a page belongs to: by its text, or by its shape where there is none yet."""

from processors.classification.shape import classify_shape
from processors.classification.text import classify_text
from processors.classification.types import Classification, DocumentType

__all__ = ["Classification", "DocumentType", "classify_shape", "classify_text"]
