"""The movements of a bank statement: rows that begin with a date and have an amount at the right."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from processors.reading.forms.found import SURE, Found
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.view import Segment, Sheet, Span, Token, span_of
from processors.values import parse_date
from processors.values.text import word_set

_FEWEST = 2
_RIGHT = 0.45
"""Share of the page's width from which on amounts are of the table."""
_MOSTLY = 0.6
_COLUMN = 4.0
"""How far the right edges of two columns lie apart at least, in heights of their words."""
_GOES_ON = 0.7
"""White space before a line that goes on with a description, in line heights."""
_OUT = word_set(
    "debit debits withdrawal withdrawals paidout moneyout out soll lastschrift ausgang belastung cargo cargos debe "
    "dare addebiti addebito uscite af debet debito debitos saidas gastos pagos salidas belastungen lastschriften "
    "ausgaben charges payments spese retraits sorties prelevements depenses levantamentos afschrijvingen"
)
_IN = word_set(
    "credit credits deposit deposits paidin moneyin in haben gutschrift eingang abono abonos haber avere accrediti "
    "accredito entrate bij credito creditos entradas "
    "ingresos gutschriften eingange einnahmen receipts entrees versements recettes depositos bijschrijvingen"
)
_PARTIAL = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}|[0-9]{1,2}[ .-]?[^\W\d]{3,9}|[^\W\d]{3,9}\.? [0-9]{1,2}")
_SIDE = re.compile(r"[0-9]\s?([CD][Rr]|[HS])\.?$")
_SIDES = {"CR": 1, "H": 1, "DR": -1, "S": -1}
_CELL = 0.75
_PROVEN = 0.78


@dataclass(frozen=True, slots=True)
class _Day:
    """The day that begins a row; ``stated`` where its year is that of the statement's other dates."""

    span: Span
    value: date
    stated: bool


@dataclass(frozen=True, slots=True)
class _Movement:
    sheet: int
    row: int
    day: _Day
    description: tuple[tuple[Token, ...], ...]
    amount: Amount
    balance: Amount | None
    sign: int | None
    """1 in, -1 out, 0 as printed; ``None`` where it cannot be told."""

    @property
    def words(self) -> tuple[Token, ...]:
        return tuple(token for line in self.description for token in line)


def read_movements(view: DocumentView) -> list[list[Found]]:
    """One list of cells for each movement, in printed order; none where fewer than two rows look like one.

    A movement that the running balance shows to go out is negative, and so is one in a column that its heading calls
    debits, whatever sign is printed.
    """
    known = [printed.value for sheet in view.sheets for part in sheet.segments for printed in view.dates_in(part)]
    places = ((sheet, at) for sheet in view.sheets for at in range(len(sheet.rows)))
    rows = [found for sheet, at in places if (found := _row(view, sheet, at, known)) is not None]
    if len(rows) < _FEWEST:
        return []
    balanced = sum(len(amounts) > 1 for _, _, _, amounts in rows) >= _MOSTLY * len(rows)
    read = (_movement(view, *found, balanced=balanced) for found in rows)
    # A row of numbers alone is a list of cheques, several side by side.
    movements = [movement for movement in read if any(token.key.isalpha() for token in movement.words)]
    return [list(_cells(movement)) for movement in _by_column(_signed(view, movements))]


_Row = tuple[Sheet, int, _Day, list[Amount]]


def _row(view: DocumentView, sheet: Sheet, at: int, known: Sequence[date]) -> _Row | None:
    """The date that begins a row and the amounts at its right; ``None`` where either is missing."""
    row = sheet.rows[at]
    day = _day(view, row[0], known)
    if day is None:
        return None
    amounts = [
        amount
        for segment in row
        for amount in view.amounts_in(segment)
        if amount.span.box.x1 > _RIGHT * sheet.width and _is_cell(segment, amount)
    ]
    return (sheet, at, day, amounts[-2:]) if amounts else None


def _day(view: DocumentView, segment: Segment, known: Sequence[date]) -> _Day | None:
    """The date at the beginning of ``segment``; one without a year lies among or next to the ``known`` dates."""
    printed = next(iter(view.dates_in(segment)), None)
    if printed is not None:
        return _Day(printed.span, printed.value, True) if printed.start == 0 else None
    for stop in (1, 2):
        text = " ".join(token.text for token in segment.tokens[:stop]).rstrip(".-/")
        if not known or not _PARTIAL.fullmatch(text):
            continue
        years = sorted({found.year for found in known})
        mark = next((char for char in text if char in "./-"), " ")
        dates = [value for year in years if (value := parse_date(f"{text}{mark}{year}", view.conventions.day_first))]
        if dates:
            day = min(dates, key=lambda value: (not min(known) <= value <= max(known), -value.toordinal()))
            return _Day(span_of(segment, 0, min(stop, len(segment.tokens))), day, False)
    return None


def _is_cell(segment: Segment, amount: Amount) -> bool:
    """Whether an amount fills its segment, or stands at the end of it with cents."""
    whole = amount.stop - amount.start == len(segment.tokens)
    return whole or (amount.firm and amount.stop == len(segment.tokens)) or (amount.firm and amount.start == 0)


def _movement(
    view: DocumentView, sheet: Sheet, at: int, day: _Day, amounts: list[Amount], *, balanced: bool
) -> _Movement:
    amount = amounts[0]
    balance = amounts[1] if balanced and len(amounts) > 1 else None
    if not balanced:
        amount = amounts[-1]
    edge = amount.span.box.x0
    words = [token for segment in sheet.rows[at] for token in segment.tokens if token.box.x1 <= edge]
    own = day.span.ids
    second = [other.span for part in sheet.rows[at] for other in view.dates_in(part) if not other.span.ids & own]
    dates = own.union(*(span.ids for span in second[:1]))
    first = tuple(token for token in words if token.id not in dates)
    lines = (first, *_rest(view, sheet, at, first)) if first else ()
    return _Movement(sheet.index, at, day, lines, amount, balance, 0)


def _rest(view: DocumentView, sheet: Sheet, at: int, first: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """The lines under a description that go on with it."""
    bottom = first[0].box.y1
    for row in sheet.rows[at + 1 : at + 4]:
        lone = row[0] if len(row) == 1 else None
        if lone is None or abs(lone.box.x0 - first[0].box.x0) > sheet.line_height or view.dates_in(lone):
            return
        if lone.box.y0 - bottom > _GOES_ON * sheet.line_height or any(amount.firm for amount in view.amounts_in(lone)):
            return
        yield lone.tokens
        bottom = lone.box.y1


def _signed(view: DocumentView, movements: Sequence[_Movement]) -> list[_Movement]:
    """The movements with the sign that the balance before and after them, the side printed with them (``50,00 S``), or
    their column's heading gives them. Where the newest comes first, the balance before is that of the row below.
    """
    forth, back = list(movements), list(reversed(movements))
    newest_first = bool(forth) and forth[0].day.value > forth[-1].day.value
    reverse = (_steps(back), newest_first) > (_steps(forth), not newest_first)
    signed: list[_Movement] = []
    before: Decimal | None = None
    for movement in back if reverse else forth:
        after = _balance(movement)
        sign = _step(before, movement) or _side_printed(movement.amount)
        if not sign and movement.amount.value > 0:
            sign = _heading_sign(view.sheets[movement.sheet], movement)
        before = after
        signed.append(replace(movement, sign=sign))
    return signed[::-1] if reverse else signed


def _steps(movements: Sequence[_Movement]) -> int:
    """How many balances differ from the one before by their movement."""
    return sum(_step(_balance(one), other) != 0 for one, other in pairwise(movements))


def _step(before: Decimal | None, movement: _Movement) -> int:
    """1 where the balance rises by the amount, -1 where it falls by it, else 0."""
    value, after = movement.amount.value, _balance(movement)
    if before is None or after is None or not value or abs(after - before) != abs(value):
        return 0
    return 1 if after > before else -1


def _balance(movement: _Movement) -> Decimal | None:
    return None if movement.balance is None else _on_account(movement.balance)


def _on_account(amount: Amount) -> Decimal:
    """The amount as an account holder counts it: credit is more. On an invoice a credit is less."""
    side = _side_printed(amount)
    return side * abs(amount.value) if side else amount.value


def _side_printed(amount: Amount) -> int:
    """1 for an amount with ``CR`` or ``H`` (*Haben*) behind it, -1 with ``DR`` or ``S`` (*Soll*), else 0."""
    tokens = amount.segment.tokens
    printed = " ".join(token.text for token in tokens[max(amount.start, amount.stop - 2) : amount.stop + 1])
    match = _SIDE.search(printed) or _SIDE.search(" ".join(t.text for t in tokens[amount.start : amount.stop]))
    return 0 if match is None else _SIDES[match[1].upper()]


def _by_column(movements: list[_Movement]) -> list[_Movement]:
    """Of two columns of amounts without signs, where only one has a heading that is known, the other is its opposite;
    where neither has, nobody knows which is which, and the amounts are left out.
    """
    plain = [movement for movement in movements if movement.balance is None and movement.amount.value > 0]
    edges = [movement.amount.span.box.x1 for movement in plain]
    signed = any(movement.amount.value < 0 for movement in movements)
    if signed or not plain or max(edges) - min(edges) < _COLUMN * plain[0].amount.span.box.height:
        return movements
    middle = (max(edges) + min(edges)) / 2
    side = next((m.sign * _side(m, middle) for m in plain if m.sign), 0)
    return [
        movement
        if movement not in plain or movement.sign
        else replace(movement, sign=side * _side(movement, middle) or None)
        for movement in movements
    ]


def _side(movement: _Movement, middle: float) -> int:
    return 1 if movement.amount.span.box.x1 > middle else -1


def _heading_sign(sheet: Sheet, movement: _Movement) -> int:
    """What the nearest heading above an amount says of it: 1 in, -1 out, 0 nothing."""
    box = movement.amount.span.box
    for row in reversed(sheet.rows[: movement.row]):
        for token in (token for segment in row for token in segment.tokens):
            if token.key in _OUT | _IN and token.box.horizontal_overlap(box) > 0:
                return -1 if token.key in _OUT else 1
    return 0


def _cells(movement: _Movement) -> Iterator[Found]:
    yield Found("date", movement.day.span, _CELL, None if movement.day.stated else movement.day.value)
    if movement.description:
        yield Found("description", Span(movement.sheet, movement.description), _CELL)
    if movement.sign is None:
        return
    printed = movement.amount.value
    wanted = abs(printed) * movement.sign if movement.sign else printed
    sure = min(SURE, _PROVEN if movement.balance is not None and movement.sign else _CELL)
    yield Found("amount", movement.amount.span, sure, None if wanted == printed else wanted)
    if movement.balance is not None:
        left = _on_account(movement.balance)
        yield Found("balance", movement.balance.span, _CELL, None if left == movement.balance.value else left)
