"""What kind of document a page belongs to: by its text, or by its shape where there is none yet; and where in a packet
one document ends and the next begins.
"""

import importlib
from typing import TYPE_CHECKING, Any

from processors.classification.types import Classification, DocumentType, SplitMode

if TYPE_CHECKING:
    from processors.classification.packet import Part, split_pages
    from processors.classification.prototypes import Prototype, TypesError, UserTypes, load_types
    from processors.classification.shape import classify_shape
    from processors.classification.text import classify_text

__all__ = [
    "Classification",
    "DocumentType",
    "Part",
    "Prototype",
    "SplitMode",
    "TypesError",
    "UserTypes",
    "classify_shape",
    "classify_text",
    "load_types",
    "split_pages",
]

_HOMES = {
    "Part": "packet",
    "Prototype": "prototypes",
    "TypesError": "prototypes",
    "UserTypes": "prototypes",
    "classify_shape": "shape",
    "classify_text": "text",
    "load_types": "prototypes",
    "split_pages": "packet",
}


def __getattr__(name: str) -> Any:
    """Imports on first use: the command line's ``--help`` names document types, and needs no model for that."""
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
