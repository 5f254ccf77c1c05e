"""E-invoices inside a PDF: ZUGFeRD / Factur-X (EN 16931, CII syntax), XRechnung, and UBL in any embedded XML."""

import io
from typing import Any

from processors.intake.pdf_file import corrupt, parser_errors

_KNOWN_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
"""Names that the Factur-X 1.0 / ZUGFeRD 1 and 2 specifications prescribe; compared without regard to case."""

_ROOTS = ("CrossIndustryInvoice", "CrossIndustryDocument", "Invoice", "CreditNote")
"""Root elements of CII (``CrossIndustryDocument``: ZUGFeRD 1) and of UBL 2.1."""

_MOST_ATTACHMENTS = 100
"""Attachments looked at; a portfolio of thousands is not searched to its end."""


def find_einvoice(document: Any, max_bytes: int) -> str | None:
    """Name of the embedded e-invoice XML of a ``pymupdf.Document``: a prescribed name first, else by root element."""
    try:
        names: list[str] = document.embfile_names()[:_MOST_ATTACHMENTS]
    except parser_errors() as error:
        corrupt(error, "its attachments cannot be listed")
        return None
    for known in _KNOWN_NAMES:
        for name in names:
            if name.lower() == known:
                return name
    for name in names:
        if name.lower().endswith(".xml"):
            data = read_embedded(document, name, max_bytes)
            if data is not None and _is_einvoice(data):
                return name
    return None


def read_embedded(document: Any, name: str, max_bytes: int) -> bytes | None:
    """The embedded file's bytes; ``None`` where there is none, it cannot be read, or it exceeds ``max_bytes``."""
    try:
        if name not in document.embfile_names() or document.embfile_info(name).get("length", 0) > max_bytes:
            return None
        data: bytes = document.embfile_get(name)
    except parser_errors() as error:
        corrupt(error, "an attachment cannot be read")
        return None
    return data if len(data) <= max_bytes else None


def _is_einvoice(data: bytes) -> bool:
    """Whether the XML's root element is an invoice's. Only the start is parsed; a DTD makes it none."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        for _, element in iterparse(io.BytesIO(data), events=("start",), forbid_dtd=True):
            return element.tag.rpartition("}")[2] in _ROOTS
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    return False
