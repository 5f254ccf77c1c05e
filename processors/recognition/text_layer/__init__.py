"""Words from a document's own text, page by page: what a person sees of it, and which pages need OCR instead."""

from processors.recognition.text_layer.reading import (
    FailedPage,
    NeedsOcr,
    read_text_layer,
    text_layer_engine,
    text_of,
)

__all__ = ["FailedPage", "NeedsOcr", "read_text_layer", "text_layer_engine", "text_of"]
