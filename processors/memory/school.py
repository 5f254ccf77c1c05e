"""One lesson from beginning to end: from what a finished document teaches to the layout's next revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from processors.fields import canonical_text
from processors.memory.files import Trace
from processors.memory.learn import Taught, find_layout, new_layout, remember, same_text
from processors.memory.model import Layout, Source
from processors.memory.teachers import still_new

ENOUGH_DOCUMENTS = 20
"""From so many documents on, those that passed unseen teach a layout nothing new unless they contradict it."""


@dataclass(frozen=True)  # no slots: see processors.fields
class Learnt:
    """A layout's next revision, and who vouched for each field that brought it about."""

    layout: Layout
    fields: Mapping[str, Source]


def learn(
    trace: Trace,
    taught: Sequence[Taught],
    layouts: Sequence[Layout],
    known: Mapping[str, Source],
    known_layout: str | None,
    new_id: str,
) -> Learnt | None:
    """What one document teaches; ``None`` where that is nothing.

    ``layouts`` are those that may be its own; ``known`` is what it taught before, ``known_layout`` whom. A layout that
    nobody knows gets the id ``new_id``, unless only readers vouch for the document: their word alone founds nothing.
    """
    new = still_new(taught, known)
    mine = next((layout for layout in layouts if layout.layout_id == known_layout), None)
    read_by = None if trace.layout is None else trace.layout.layout_id
    layout = mine or find_layout(layouts, trace.sketch, new, read_by)
    new = _about(layout, trace, new)
    if not new:
        return None
    fields = {item.field.name: item.source for item in new}
    if layout is None:
        founds = any(item.source is not Source.READER for item in new)
        founded = new_layout(new_id, trace.sketch, new) if founds else None
        return None if founded is None else Learnt(founded, fields)
    if not is_news(layout, new):
        return None
    return Learnt(remember(layout, trace.sketch, new, again=mine is not None), fields)


def _about(layout: Layout | None, trace: Trace, taught: Sequence[Taught]) -> tuple[Taught, ...]:
    """What the memory read counts for and against the layout that it was read by, and no other."""
    if layout is not None and trace.layout is not None and layout.layout_id == trace.layout.layout_id:
        return tuple(taught)
    return tuple(replace(item, memory=None) for item in taught if not item.missing)


def is_news(layout: Layout | None, taught: Sequence[Taught]) -> bool:
    """Whether a layout has anything to learn from this. ``None``, one that is not known, always has."""
    if layout is None or layout.documents < ENOUGH_DOCUMENTS:
        return bool(taught)
    return any(item.source is Source.PERSON or item.missing or _differs(item) for item in taught)


def _differs(item: Taught) -> bool:
    return item.memory is None or not same_text(item.memory, canonical_text(item.field.value, item.field.type) or "")
