"""The package of an Office Open XML file (ECMA-376 part 2): its parts, and which of them belong together.

Only the parts asked for are unpacked. Entities and DTDs are refused, links to the outside are never followed, and
macros are data that nobody reads.
"""

import posixpath
import zipfile
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from processors.intake.archive import ARCHIVE_ERRORS, read_entry

_UNREADABLE: tuple[type[Exception], ...] = (ParseError, LookupError, *ARCHIVE_ERRORS)
MAX_XML = 24 * 1024 * 1024
"""Bytes of one XML part: a novel has 5 MiB."""


class PackageError(ValueError):
    """The package cannot be read. The message continues "The document is damaged: "."""


class PartTooLargeError(ValueError):
    """An XML part is larger than ``MAX_XML``; the message is a sentence."""


class Package:
    """Reads parts of an archive that has passed its limits."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {entry.filename.lstrip("/").casefold(): entry for entry in archive.infolist()}

    def main_part(self) -> str:
        """Name of the document's own part. Raises ``PackageError`` where there is none."""
        for kind, target in self.relations("").values():
            if kind == "officeDocument":
                return target
        raise PackageError("it names no main part")

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """By id: kind (the last word of its type) and name of each part that ``part`` refers to, none outside."""
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for element in root if root is not None else ():
            target, kind = element.get("Target", ""), element.get("Type", "").rpartition("/")[2]
            if element.get("TargetMode") != "External" and target:
                path = target if target.startswith("/") else posixpath.join("/", folder, target)
                found[element.get("Id", "")] = (kind, posixpath.normpath(path).lstrip("/"))
        return found

    def xml(self, part: str) -> Element | None:
        """The part's root, ``None`` where there is no such part. Raises ``PackageError`` and ``PartTooLargeError``."""
        entry = self._entries.get(part.casefold())
        if entry is None:
            return None
        if entry.file_size > MAX_XML:
            raise PartTooLargeError(f"Its part {part} has {entry.file_size:,} bytes; the limit is {MAX_XML:,}.")
        try:
            root: Element = fromstring(read_entry(self._archive, entry), forbid_dtd=True)
        except DefusedXmlException as error:
            raise PackageError(f"its part {part} declares entities or a DTD") from error
        except _UNREADABLE as error:
            raise PackageError(f"its part {part} cannot be read") from error
        return root

    def content(self, part: str, max_bytes: int) -> bytes | None:
        """The part's bytes; ``None`` where there is none, it is damaged, or it has more than ``max_bytes``."""
        entry = self._entries.get(part.casefold())
        if entry is None or entry.file_size > max_bytes:
            return None
        try:
            return read_entry(self._archive, entry)
        except ARCHIVE_ERRORS:
            return None


def local(element: Element) -> str:
    """The element's name without its namespace, so that the strict and the transitional standard read alike."""
    tag: object = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of that name, the first child of that, and so on."""
    for name in path:
        if element is None:
            return None
        element = next((item for item in element if local(item) == name), None)
    return element


def attribute(element: Element | None, name: str) -> str | None:
    """The attribute's value, whatever its namespace."""
    if element is None:
        return None
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), None)


def number(element: Element | None, name: str) -> float | None:
    """The attribute as a number, ``None`` where it is none, or beyond reason."""
    text = attribute(element, name)
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e9 else None


def is_on(element: Element | None) -> bool | None:
    """An on-off property; ``None`` where it is not stated."""
    if element is None:
        return None
    return attribute(element, "val") not in ("0", "false", "off", "none")
