"""Fonts of a page that do not say which characters their glyphs are (ISO 32000-1, 9.10.2)."""

from typing import Any


def unmapped_fonts(page: Any) -> set[str]:
    """Names, as MuPDF's text layer gives them, of the fonts whose characters can only be guessed.

    Such a font has no ToUnicode map, and its glyphs go by numbers (Type 0 with an Identity encoding, TrueType without
    an encoding) or by names of the producer's own (Type 3). Type 1 fonts name their glyphs. Empty for other files
    than PDF.
    """
    document = page.parent
    if not document.is_pdf:
        return set()
    return {
        f"Type3 ({xref} 0 R)" if kind == "Type3" else name.partition("+")[2] or name
        for xref, _, kind, name, _, encoding, *_ in page.get_fonts()
        if xref > 0 and not _is_mapped(document, xref, kind, encoding)
    }


def _is_mapped(document: Any, xref: int, kind: str, encoding: str) -> bool:
    if kind in ("Type1", "MMType1") or _has(document, xref, "ToUnicode"):
        return True
    if kind == "TrueType":
        return _has(document, xref, "Encoding")
    return kind == "Type0" and not encoding.startswith("Identity")


def _has(document: Any, xref: int, key: str) -> bool:
    return bool(document.xref_get_key(xref, key)[0] != "null")
