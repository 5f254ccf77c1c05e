"""What Word styles say of sizes, weight, tab stops and table lines."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from processors.intake.office_model import Align, TabStop
from processors.intake.office_package import attribute, child, is_on, local, number

_DEFAULT_SIZE = 10.0  # of a document that states none (ECMA-376 part 1, 17.3.2.38)
_SIZES = (6.0, 28.0)
_TWIPS = 20  # per point
_ALIGNS = {"center": Align.CENTER, "right": Align.RIGHT, "end": Align.RIGHT, "decimal": Align.RIGHT}
_DEEPEST = 20


class Styles:
    """Looks properties up: stated directly, else by the style, else by what that is based on, else the defaults."""

    def __init__(self, root: Element | None) -> None:
        items = list(root) if root is not None else []
        self._by_id = {attribute(item, "styleId"): item for item in items if local(item) == "style"}
        self._defaults = child(root, "docDefaults", "rPrDefault")
        self._usual = next((item for item in items if attribute(item, "default") == "1" and _is_paragraph(item)), None)

    def size(self, stated: Element | None, style: str | None) -> float:
        """Height of text in points, within what can be read."""
        for holder in self._holders(stated, style):
            half_points = number(child(holder, "rPr", "sz"), "val")
            if half_points is not None:
                return min(max(half_points / 2, _SIZES[0]), _SIZES[1])
        return _DEFAULT_SIZE

    def bold(self, stated: Element | None, style: str | None) -> bool:
        """Whether text is bold."""
        return self._switch("b", stated, style)

    def hidden(self, stated: Element | None, style: str | None) -> bool:
        """Whether text is hidden; it is not printed."""
        return self._switch("vanish", stated, style)

    def align(self, paragraph: Element, style: str | None) -> Align:
        """Where a paragraph's lines stand; justified text stands left."""
        for holder in (paragraph, *self._chain(style)):
            stated = child(holder, "pPr", "jc")
            if stated is not None:
                return _ALIGNS.get(attribute(stated, "val") or "", Align.LEFT)
        return Align.LEFT

    def indent(self, paragraph: Element, style: str | None) -> float:
        """How far in a paragraph begins."""
        for holder in (paragraph, *self._chain(style)):
            stated = child(holder, "pPr", "ind")
            twips = number(stated, "left")
            twips = twips if twips is not None else number(stated, "start")
            if twips is not None:
                return max(0.0, twips / _TWIPS)
        return 0.0

    def tabs(self, paragraph: Element, style: str | None) -> tuple[TabStop, ...]:
        """The tab stops in force, from left to right; a paragraph may clear some of its style's."""
        stops: dict[float, Align | None] = {}
        for holder in reversed((paragraph, *self._chain(style))):
            for item in child(holder, "pPr", "tabs") or ():
                kind, at = attribute(item, "val"), number(item, "pos")
                if at is not None and kind != "bar":
                    stops[at / _TWIPS] = None if kind == "clear" else _ALIGNS.get(kind or "", Align.LEFT)
        return tuple(TabStop(at, stops_align) for at, stops_align in sorted(stops.items()) if stops_align is not None)

    def ruled(self, table: Element) -> bool:
        """Whether lines are drawn in a table: by itself, by one of its cells, or by its style."""
        own = [item for item in table.iter() if local(item) in ("tblBorders", "tcBorders")]
        style = attribute(child(table, "tblPr", "tblStyle"), "val")
        if not own:
            own = [
                item
                for holder in self._chain(style, paragraph=False)
                for item in holder.iter()
                if local(item) in ("tblBorders", "tcBorders")
            ]
        return any(attribute(line, "val") not in (None, "nil", "none") for item in own for line in item)

    def _switch(self, name: str, stated: Element | None, style: str | None) -> bool:
        for holder in self._holders(stated, style):
            state = is_on(child(holder, "rPr", name))
            if state is not None:
                return state
        return False

    def _holders(self, run: Element | None, style: str | None) -> Iterator[Element | None]:
        """Where a run's look may be stated, nearest first: itself, its own style, its paragraph's, the defaults."""
        yield run
        own = attribute(child(run, "rPr", "rStyle"), "val")
        if own is not None:
            yield from self._chain(own, paragraph=False)
        yield from self._chain(style)
        yield self._defaults

    def _chain(self, style: str | None, paragraph: bool = True) -> tuple[Element, ...]:
        """The style and those it is based on; without one, the usual paragraph's."""
        found: list[Element] = []
        element = self._by_id.get(style) if style is not None else None
        if element is None and paragraph:
            element = self._usual
        while element is not None and len(found) < _DEEPEST:  # styles may go in a circle
            found.append(element)
            element = self._by_id.get(attribute(child(element, "basedOn"), "val") or "")
        return tuple(found)


def _is_paragraph(style: Element) -> bool:
    return attribute(style, "type") == "paragraph"
