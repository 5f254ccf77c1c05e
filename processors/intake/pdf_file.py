"""Opening PDFs: the one place that knows how MuPDF says no."""

from pathlib import Path
from typing import Any

from processors.errors import ErrorCode, Refusal
from processors.sandbox.protocol import is_out_of_memory


def open_pdf(source: Path | bytes) -> Any | Refusal:
    """The ``pymupdf.Document`` at a path or of bytes, or why it cannot be read: ``encrypted`` or ``corrupt``.

    The caller closes the document. A PDF with only an owner password opens. Raises ``MemoryError`` where memory ran
    out, and ``FileNotFoundError`` where there is no such file.
    """
    import pymupdf

    # MuPDF prints every repair to stderr; what matters comes back as an exception.
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        if isinstance(source, Path):
            document = pymupdf.open(source, filetype="pdf")
        else:
            document = pymupdf.open(stream=source, filetype="pdf")
    except FileNotFoundError:
        raise
    except parser_errors() as error:
        if is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        return Refusal(ErrorCode.CORRUPT, "The file is damaged: it cannot be opened as a PDF.")
    if document.needs_pass:
        document.close()
        return Refusal(ErrorCode.ENCRYPTED, "The PDF asks for a password to open it.")
    if not document.is_pdf:
        document.close()
        return Refusal(ErrorCode.CORRUPT, "The file begins like a PDF, but it is none.")
    return document


def parser_errors() -> tuple[type[Exception], ...]:
    """What MuPDF raises on a damaged file, by its three layers: C library, C++ wrapper, Python."""
    import pymupdf

    return (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError, TypeError, IndexError, OSError)


def corrupt(error: Exception, what: str) -> Refusal:
    """The refusal for a parser's exception. Raises ``MemoryError`` instead where the parser ran out of memory."""
    if is_out_of_memory(error):
        raise MemoryError(str(error)) from error
    return Refusal(ErrorCode.CORRUPT, f"The file is damaged: {what} ({_reason(error)}).")


def _reason(error: Exception) -> str:
    """The parser's words, without the path of our working copy, which means nothing to the sender."""
    first_line = str(error).strip().partition("\n")[0]
    return first_line.partition(" '/")[0].rstrip(".")[:200] or type(error).__name__
