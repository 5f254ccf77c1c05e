"""Documents that have pages with text of their own: PDF, and DOCX once it is laid out."""

from pathlib import Path
from typing import Any

from processors.errors import Refusal
from processors.intake.media import MediaType
from processors.intake.office_pages import open_docx
from processors.intake.pdf_file import open_pdf

PAGED = frozenset({MediaType.PDF, MediaType.DOCX})
"""Types that :func:`open_paged` opens. The others are images, one or many, and have no text layer."""


def open_paged(path: Path, media_type: MediaType, only: int | None = None) -> Any | Refusal:
    """A ``pymupdf.Document`` of a PDF or DOCX, or why it cannot be read. The caller closes it.

    With ``only``, no other page (from 1) need be drawn: a DOCX is then rendered faster. Codes: ``encrypted``,
    ``corrupt``, for a DOCX also ``too_large`` and ``decompression_bomb``. Raises ``MemoryError`` where memory runs out,
    ``FileNotFoundError`` where there is no such file, and ``ValueError`` for another type.
    """
    if media_type is MediaType.PDF:
        return open_pdf(path)
    if media_type is MediaType.DOCX:
        return open_docx(path, only)
    raise ValueError(f"{media_type} is not paged")
