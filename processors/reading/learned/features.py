"""A candidate as numbers: where it stands, what labels say, what the rules make of it, and what its kind has to say."""

from processors.document import PageSource
from processors.reading.geometric.invoice import InvoiceStudy
from processors.reading.geometric.view import Span
from processors.reading.learned.around import Around, Claim
from processors.reading.learned.columns import MEANINGS
from processors.reading.learned.context import Context
from processors.reading.learned.found import Found, Kind
from processors.reading.learned.party_features import PartyFeatures
from processors.reading.learned.rules import choices_of, offers_of
from processors.reading.learned.value_features import ValueFeatures

_WEAKEST = 0.63
"""What a weak label's claim is weaker than."""


class Rows:
    """Makes the rows of one document."""

    def __init__(self, study: InvoiceStudy, context: Context, counts: dict[Kind, int]) -> None:
        self._study = study
        self._context = context
        self._counts = counts
        self._offers = offers_of(study)
        self._choices = choices_of(study)
        self._values = ValueFeatures(study, context, self._choices)
        self._parties = PartyFeatures(study, context)

    def shared(self, found: Found, around: Around) -> list[float]:
        """The columns that all fields of the candidate's kind share."""
        return [*self._common(found, around), *self._by_kind(found, around)]

    def _by_kind(self, found: Found, around: Around) -> list[float]:
        match found.kind:
            case Kind.AMOUNT:
                return self._values.amount(found)
            case Kind.DATE:
                return self._values.date(found)
            case Kind.IDENTIFIER:
                return self._values.identifier(found)
            case Kind.TAX_ID:
                return self._parties.tax_id(found, around)
            case Kind.NAME:
                return self._parties.name(found)
            case Kind.ADDRESS:
                return self._parties.address(found)

    def own(self, name: str, found: Found, around: Around, text: float) -> list[float]:
        """The columns of field ``name``; ``text`` is what the words around say for it (log-odds)."""
        meanings = MEANINGS.get(name, (name,))
        mine = [claim for claim in around.claims if claim.meaning in meanings]
        best = max(mine, key=_strength, default=None)
        rivals = max((c.strength for c in around.claims if c.meaning not in meanings), default=0.0)
        choice = self._choices.get(name)
        same = choice is not None and _same(choice[0], found)
        return [
            max((c.strength for c in mine), default=0.0),
            float(best is not None and best.strength < _WEAKEST),
            float(best is not None and best.level),
            float(found.start - best.start) if best is not None else -1.0,
            rivals,
            self._offer(name, found),
            choice[1] if choice is not None and same else 0.0,
            choice[1] if choice is not None and not same else 0.0,
            float(name in self._study.sums.proven),
            text,
        ]

    def is_ruled(self, name: str, found: Found) -> bool:
        """Whether these words are what the rules choose for field ``name``."""
        choice = self._choices.get(name)
        return choice is not None and _same(choice[0], found)

    def _offer(self, name: str, found: Found) -> float:
        """How well the rules score these words, or the same value elsewhere; 0 where they do not consider it."""
        scores = [
            score * (1.0 if span.ids & found.span.ids and span.sheet == found.span.sheet else 0.9)
            for span, value, score in self._offers.get(name, ())
            if value == found.value or (span.sheet == found.span.sheet and span.ids == found.span.ids)
        ]
        return max(scores, default=0.0)

    def _common(self, found: Found, around: Around) -> list[float]:
        study, segment = self._study, found.segment
        sheet = study.view.sheet_of(segment)
        box = found.span.box
        row = sheet.rows[segment.row]
        item_sheet, item_row = self._context.item_bottom
        below = (segment.sheet, segment.row) > (item_sheet, item_row) if item_row >= 0 else False
        return [
            min(segment.sheet, 5),
            min(len(study.view.sheets) - 1 - segment.sheet, 5),
            box.x0 / sheet.width,
            box.x1 / sheet.width,
            box.center_y / sheet.height,
            found.span.tokens[0].box.height / sheet.line_height,
            len(row),
            found.start,
            len(segment.tokens) - found.stop,
            found.stop - found.start,
            float(sheet.page.source is PageSource.OCR),
            float(
                min(20, segment.row - item_row) if below and segment.sheet == item_sheet else -1 if not below else 20
            ),
            min(self._counts[found.kind], 60),
            around.gap_above,
            float(row[0] is segment),
            float(row[-1] is segment),
            len(around.left),
            float(len({claim.meaning for claim in around.claims})),
        ]


def _strength(claim: Claim) -> float:
    return claim.strength


def _same(span: Span, found: Found) -> bool:
    return span.sheet == found.span.sheet and span.ids == found.span.ids
