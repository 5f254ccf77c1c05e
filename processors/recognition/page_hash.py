"""A hash of what a PDF page draws, so that a page that was recognised before is known in any file it returns in.

Terms of business and cover sheets are scanned once and attached to every document; their pixels need not be read
again each time.
"""

import hashlib
import re
from typing import Any

_MOST_OBJECTS = 2000
_DEEPEST = 50  # levels of the page tree
_REFERENCE = re.compile(r"\b(\d+) \d+ R\b")
_TREE = re.compile(r"/Type\s*/(Page|Pages|Catalog)\b")
_INHERITED = ("Resources", "MediaBox", "CropBox", "Rotate")


def page_hash(page: Any) -> str | None:
    """The hash (SHA-256, hex) of a PyMuPDF page, or ``None`` for a page with too many objects.

    Pages of equal hash draw alike: it goes over the page and every object that can be reached from it, whatever for,
    with streams as they are stored; else a crafted file could pass for another one. Objects count by the order in
    which they are met, so the hash does not depend on the file around the page.
    """
    document = page.parent
    order = [page.xref]
    place = {page.xref: 0}
    digest = hashlib.sha256()
    for xref in order:
        if len(order) > _MOST_OBJECTS:
            return None
        text: str = document.xref_object(xref, compressed=True)
        stream: bytes | None = document.xref_stream_raw(xref) if document.xref_is_stream(xref) else None
        if xref == page.xref:
            text = " ".join([*(f"/{key} {_inherited(document, xref, key)}" for key in _INHERITED), text])
        elif stream is None and _TREE.search(text):
            continue  # the way back up to the document, from which all its pages could be reached
        for target in (int(found[1]) for found in _REFERENCE.finditer(text)):
            if target not in place:
                place[target] = len(order)
                order.append(target)
        renumbered = _REFERENCE.sub(lambda found: f"{place[int(found[1])]} 0 R", text)
        for part in (renumbered.encode("utf-8", "surrogateescape"), stream or b""):
            # Each part with its length, so that no two sequences of parts run together to one.
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _inherited(document: Any, xref: int, key: str) -> str:
    """The page's entry ``key``, its own or that of the nearest node above it (ISO 32000-1, 7.7.3.4)."""
    for _ in range(_DEEPEST):
        kind, text = document.xref_get_key(xref, key)
        if kind != "null":
            return str(text)
        kind, parent = document.xref_get_key(xref, "Parent")
        if kind != "xref":
            break
        xref = int(parent.split()[0])
    return "null"
