"""A hash of what a PDF page draws, so that a page that was recognised before is known in any file it returns in.

Terms of business and cover sheets are scanned once and attached to every document; their pixels need not be read
again each time.
"""

import hashlib
import re
from typing import Any

from processors.intake.pdf_file import parser_errors

_MOST_OBJECTS = 2000
_DEEPEST = 50  # levels of the page tree
_REFERENCE = re.compile(r"\b(\d+) \d+ R\b")
_LAYER = re.compile(r"/OC(G|MD)?\b")
_TREE = ("/Page", "/Pages", "/Catalog")
_INHERITED = ("Resources", "MediaBox", "CropBox", "Rotate")


def page_hash(page: Any) -> str | None:
    """The hash (SHA-256, hex) of a PyMuPDF page; ``None`` where it could not tell the page from every other.

    Pages of equal hash draw alike: it goes over the page and every object that can be reached from it, whatever for,
    with streams as they are stored; else a crafted file could pass for another one. Objects count by the order in
    which they are met, so the hash does not depend on the file around the page. There is none for pages whose look
    hangs on more than that (annotations and form fields, layers, other pages), or that have very many objects.
    """
    try:
        return _digest(page.parent, page.xref)
    except parser_errors():
        return None


def _digest(document: Any, page: int) -> str | None:
    if document.xref_get_key(page, "Annots")[0] != "null":
        return None
    above = _parent(document, page)
    order = [page]
    place = {page: 0}
    digest = hashlib.sha256()
    for xref in order:
        if len(order) > _MOST_OBJECTS:
            return None
        if not 0 < xref < document.xref_length():
            continue  # a reference to nothing is null (ISO 32000-1, 7.3.10)
        text: str = document.xref_object(xref, compressed=True)
        stream: bytes | None = document.xref_stream_raw(xref) if document.xref_is_stream(xref) else None
        if xref == page:
            text = " ".join([*(f"/{key} {_inherited(document, xref, key)}" for key in _INHERITED), text])
        elif xref == above and stream is None:
            continue  # the page tree, of which nothing else is drawn than what the page inherits
        elif document.xref_get_key(xref, "Type")[1] in _TREE:
            return None
        if _LAYER.search(text):
            return None
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


def _parent(document: Any, xref: int) -> int | None:
    """The node of the page tree above, where it is one."""
    kind, parent = document.xref_get_key(xref, "Parent")
    above = int(parent.split()[0]) if kind == "xref" else None
    return above if above is not None and document.xref_get_key(above, "Type")[1] == "/Pages" else None


def _inherited(document: Any, xref: int, key: str) -> str:
    """The page's entry ``key``, its own or that of the nearest node above it (ISO 32000-1, 7.7.3.4)."""
    node: int | None = xref
    for _ in range(_DEEPEST):
        if node is None:
            break
        kind, text = document.xref_get_key(node, key)
        if kind != "null":
            return str(text)
        node = _parent(document, node)
    return "null"
