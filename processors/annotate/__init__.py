"""Drawing an extraction onto its document, so that a person sees where every value was read and how sure it is."""

from processors.annotate.document import annotate

__all__ = ["annotate"]
