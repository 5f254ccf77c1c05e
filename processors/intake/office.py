"""Word documents (DOCX, ECMA-376): what they say, in order, as paragraphs and tables.

Kept: text as printed (insertions yes, deletions and hidden text no), tables with spans, headers and footers, text boxes
and content controls (where they are anchored), footnotes (at the end), pictures. Not kept: numbers that Word counts
itself (lists, page numbers beyond their last stored value), drawings, and charts.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from processors.intake.office_model import (
    Block,
    PageBreak,
    Paragraph,
    Picture,
    Run,
    Section,
    TableBlock,
    TableCell,
)
from processors.intake.office_package import Package, PackageError, attribute, child, is_on, local, number
from processors.intake.office_styles import Styles

_TWIPS, _EMU = 20, 12700  # per point
_A4 = (595.28, 841.89)
_PAGE_SIDES = (144.0, 1700.0)
_MARGIN = 72.0
_MOST_COLUMNS = 200
_WRAPPERS = frozenset(
    {"hyperlink", "ins", "moveTo", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "bdo", "dir", "ruby"}
    | {"rubyBase", "oMath", "oMathPara"}
)
"""Elements that hold runs, or blocks, and say nothing of how they look."""
_MATH = frozenset(
    {"f", "num", "den", "e", "sSup", "sSub", "sSubSup", "sup", "sub", "rad", "deg", "d", "nary", "func", "fName"}
    | {"eqArr", "m", "mr", "limLow", "limUpp", "lim", "acc", "bar", "box", "borderBox", "groupChr", "phant", "sPre"}
)
_BLOCK_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo"})


def read_document(package: Package) -> list[Section]:
    """The document's sections, at least one. Raises ``PackageError``, ``PartTooLargeError`` and ``RecursionError``."""
    part = package.main_part()
    body = child(package.xml(part), "body")
    if body is None:
        raise PackageError("its main part has no body")
    relations = package.relations(part)
    styles = Styles(next((package.xml(name) for kind, name in relations.values() if kind == "styles"), None))
    sections: list[Section] = []
    blocks: list[Block] = []
    reader = _Reader(styles, relations)
    before: dict[str, tuple[Block, ...]] = {}
    for element in _blocks_of(body):
        blocks += reader.block(element)
        properties = child(element, "pPr", "sectPr") if local(element) == "p" else None
        if properties is not None:
            sections.append(_section(package, styles, relations, properties, blocks, before))
            blocks = []
    blocks += _notes(package, styles, relations)
    properties = child(body, "sectPr")
    if blocks or properties is not None or not sections:
        sections.append(_section(package, styles, relations, properties, blocks, before))
    return sections


def _section(
    package: Package,
    styles: Styles,
    relations: dict[str, tuple[str, str]],
    properties: Element | None,
    blocks: list[Block],
    before: dict[str, tuple[Block, ...]],
) -> Section:
    """A section by its properties. ``before`` holds the headers and footers in force, which it inherits and changes."""
    for reference in properties if properties is not None else ():
        name = local(reference)
        if name in ("headerReference", "footerReference"):
            _, part = relations.get(attribute(reference, "id") or "", ("", ""))
            root = package.xml(part)
            reader = _Reader(styles, package.relations(part))
            before[f"{name[:6]} {attribute(reference, 'type') or 'default'}"] = (
                reader.blocks(root) if root is not None else ()
            )
    size, margin = child(properties, "pgSz"), child(properties, "pgMar")
    width, height = (_side(number(size, name), usual) for name, usual in zip(("w", "h"), _A4, strict=True))
    margins = [
        _MARGIN if twips is None else min(max(abs(twips) / _TWIPS, 18.0), side / 3)
        for twips, side in (
            (number(margin, "left"), width),
            (number(margin, "top"), height),
            (number(margin, "right"), width),
            (number(margin, "bottom"), height),
        )
    ]
    own_first = is_on(child(properties, "titlePg")) or False
    return Section(
        width=width,
        height=height,
        margins=(margins[0], margins[1], margins[2], margins[3]),
        blocks=tuple(blocks),
        header=before.get("header default", ()),
        footer=before.get("footer default", ()),
        first_header=before.get("header first", ()) if own_first else None,
        first_footer=before.get("footer first", ()) if own_first else None,
        continuous=attribute(child(properties, "type"), "val") == "continuous",
    )


def _side(twips: float | None, usual: float) -> float:
    if twips is None or not _PAGE_SIDES[0] <= twips / _TWIPS <= _PAGE_SIDES[1]:
        return usual
    return round(twips / _TWIPS, 2)


def _notes(package: Package, styles: Styles, relations: dict[str, tuple[str, str]]) -> list[Block]:
    """Foot- and endnotes, without the lines that separate them."""
    found: list[Block] = []
    for kind, part in relations.values():
        root = package.xml(part) if kind in ("footnotes", "endnotes") else None
        for note in root if root is not None else ():
            if attribute(note, "type") in (None, "normal"):
                found += _Reader(styles, package.relations(part)).blocks(note)
    return found


def _blocks_of(parent: Element) -> Iterator[Element]:
    """Paragraphs and tables, those in content controls too."""
    for element in parent:
        if local(element) in _BLOCK_WRAPPERS:
            yield from _blocks_of(element)
        elif local(element) in ("p", "tbl"):
            yield element


class _Reader:
    """Reads one part; ``relations`` say where its pictures are."""

    def __init__(self, styles: Styles, relations: dict[str, tuple[str, str]]) -> None:
        self._styles = styles
        self._relations = relations

    def blocks(self, parent: Element) -> tuple[Block, ...]:
        return tuple(block for element in _blocks_of(parent) for block in self.block(element))

    def block(self, element: Element) -> list[Block]:
        return [self._table(element)] if local(element) == "tbl" else self._paragraph(element)

    def _paragraph(self, element: Element) -> list[Block]:
        """The paragraph, after the text boxes that are anchored in it; cut in pieces at pictures and page breaks."""
        style = attribute(child(element, "pPr", "pStyle"), "val")
        plain = Paragraph(
            (),
            self._styles.align(element, style),
            self._styles.indent(element, style),
            self._styles.tabs(element, style),
            self._styles.size(None, style),
        )
        found: list[Block] = [PageBreak(leaves_blank=False)] if is_on(child(element, "pPr", "pageBreakBefore")) else []
        runs: list[Run] = []
        pieces: list[Block] = []
        for item in self._inline(element, style):
            if isinstance(item, Run):
                runs.append(item)
            elif isinstance(item, PageBreak | Picture):
                if any(run.text.strip() for run in runs):
                    pieces.append(replace(plain, runs=tuple(runs)))
                runs = []
                pieces.append(item)
            else:
                found += item
        if runs or not pieces:
            pieces.append(replace(plain, runs=tuple(runs)))
        return found + pieces

    def _inline(self, parent: Element, style: str | None) -> Iterator[Run | PageBreak | Picture | tuple[Block, ...]]:
        for element in parent:
            name = local(element)
            if name == "r":
                yield from self._run(element, style)
            elif name in _WRAPPERS or name in _MATH:
                yield from self._inline(element, style)
            elif name == "AlternateContent":
                yield from self._inline_choice(element, style)

    def _inline_choice(
        self, element: Element, style: str | None
    ) -> Iterator[Run | PageBreak | Picture | tuple[Block, ...]]:
        """The first alternative that says something: they say the same in newer and older ways."""
        for alternative in element:
            items = [*self._inline(alternative, style), *self._run_content(alternative, style, None)]
            if items:
                yield from items
                return

    def _run(self, run: Element, style: str | None) -> Iterator[Run | PageBreak | Picture | tuple[Block, ...]]:
        if not self._styles.hidden(run, style):
            yield from self._run_content(run, style, run)

    def _run_content(
        self, parent: Element, style: str | None, run: Element | None
    ) -> Iterator[Run | PageBreak | Picture | tuple[Block, ...]]:
        # Once a run, which may have thousands of pieces.
        bold, size = self._styles.bold(run, style), self._styles.size(run, style)
        for element in parent:
            name = local(element)
            if name == "AlternateContent":
                yield from self._inline_choice(element, style)
            elif name in ("drawing", "pict", "object"):
                yield from self._drawing(element)
            elif name == "br" and attribute(element, "type") == "page":
                yield PageBreak(leaves_blank=True)
            elif text := _text_of(element, name):
                yield Run(text, bold, size)

    def _drawing(self, element: Element) -> Iterator[Picture | tuple[Block, ...]]:
        """A drawing's text boxes, else its picture."""
        boxes = list(_outermost(element, "txbxContent"))
        for box in boxes:
            yield self.blocks(box)
        if boxes:
            return
        extent = next((item for item in element.iter() if local(item) == "extent"), None)
        size = [(number(extent, name) or 0.0) / _EMU for name in ("cx", "cy")]
        for item in element.iter():
            if local(item) in ("blip", "imagedata"):
                reference = attribute(item, "embed") or attribute(item, "id") or ""
                _, part = self._relations.get(reference, ("", ""))
                yield Picture(part or None, max(size[0], 0.0), max(size[1], 0.0))
                return

    def _table(self, table: Element) -> TableBlock:
        rows = []
        widths = [max(0.0, (number(item, "w") or 0.0) / _TWIPS) for item in child(table, "tblGrid") or ()]
        for row in _rows_of(table):
            cells: list[TableCell] = []
            column = int(_count(child(row, "trPr", "gridBefore"), 0))
            for cell in _cells_of(row):
                span = min(int(_count(child(cell, "tcPr", "gridSpan"), 1)), _MOST_COLUMNS - column)
                if span < 1:
                    break
                merge = child(cell, "tcPr", "vMerge")
                continued = merge is not None and attribute(merge, "val") != "restart"
                cells.append(TableCell(column, span, () if continued else self.blocks(cell), continued))
                column += span
            rows.append(tuple(cells))
        columns = max((cell.column + cell.span for row in rows for cell in row), default=0)
        stated = (*widths[:columns], *(0.0,) * (columns - len(widths)))
        return TableBlock(stated, tuple(rows), self._styles.ruled(table))


def _count(element: Element | None, usual: int) -> float:
    return min(max(number(element, "val") or usual, usual), _MOST_COLUMNS)


def _rows_of(table: Element) -> Iterator[Element]:
    return _named(table, "tr")


def _cells_of(row: Element) -> Iterator[Element]:
    return _named(row, "tc")


def _named(parent: Element, name: str) -> Iterator[Element]:
    for element in parent:
        if local(element) == name:
            yield element
        elif local(element) in _BLOCK_WRAPPERS:
            yield from _named(element, name)


def _outermost(parent: Element, name: str) -> Iterator[Element]:
    """Descendants of that name that are in no other; of alternatives only the first is looked at."""
    for element in parent:
        if local(element) == name:
            yield element
        elif local(element) == "AlternateContent":
            yield from next((found for alternative in element if (found := [*_outermost(alternative, name)])), [])
        else:
            yield from _outermost(element, name)


def _text_of(element: Element, name: str) -> str:
    if name == "t":
        return _printed(element.text or "")
    if name == "sym":
        return _symbol(attribute(element, "char") or "")
    return {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}.get(name, "")


def _symbol(code: str) -> str:
    """A symbol font's character; its private codes (U+F0xx) mean nothing in another font."""
    try:
        char = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    return "\N{BULLET}" if unicodedata.category(char) in ("Co", "Cs") else _printed(char)


def _printed(text: str) -> str:
    """Without what has no width: soft hyphens, joiners, marks of direction. Line ends in XML text are blanks."""
    kept = (" " if char in "\t\n\r" else char for char in text)
    return "".join(_private(kept))


def _private(chars: Iterable[str]) -> Iterator[str]:
    for char in chars:
        category = unicodedata.category(char)
        if category == "Co":
            yield "\N{BULLET}"
        elif category not in ("Cf", "Cc", "Cs"):
            yield char
