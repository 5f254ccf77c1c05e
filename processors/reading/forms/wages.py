"""IRS form W-2: its numbered boxes of amounts, on scans too that blur the small print of their headings.

The wording of the boxes is the form's own (IRS Form W-2), so a heading is known by likeness. A page often has several
copies of the form: what most of them say is the value.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher

from processors.geometry import Box, union
from processors.reading.forms.found import SURE, Found
from processors.reading.forms.states import STATE_CODES
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.facts import Amount
from processors.reading.geometric.parties import block_lines, party_of
from processors.reading.geometric.party_block import text_of
from processors.reading.geometric.view import Segment, Span
from processors.reading.labelled.towns import to_the_town
from processors.values.text import fold

_BOXES = {
    "wages": ("1wagestipsothercompensation", "1wagestipsothercomp"),
    "federal_income_tax": ("2federalincometaxwithheld",),
    "social_security_wages": ("3socialsecuritywages",),
    "social_security_tax": ("4socialsecuritytaxwithheld",),
    "medicare_wages": ("5medicarewagesandtips",),
    "medicare_tax": ("6medicaretaxwithheld",),
}
_PARTIES = {"employer": "cemployersnameaddressandzipcode", "employee": "eemployeesnameaddressandzipcode"}
_PARTY_LINES = 5
_STATE_AMOUNTS = 2
_SSN = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")
_EIN = re.compile(r"[0-9]{2}-[0-9]{7}")
_ALIKE = 0.78
_CLEARER = 0.06
"""By how much a heading must be more like one box than like any other."""
_WITHOUT_NUMBER = 0.02
_SHORTEST, _SHARED = 0.6, 0.5
_DEPTH = 3
_FARTHEST = 2.6
"""From a heading down to its amount, in line heights of the heading."""
_ONE_COPY = 0.9


def read_wages(view: DocumentView) -> Iterator[Found]:
    """Amounts of boxes 1 to 6 and 15 to 17, numbers and parties of boxes a to e, each by a majority of the copies."""
    votes: dict[str, list[tuple[object, Span]]] = defaultdict(list)
    for sheet in view.sheets:
        for segment in sheet.segments:
            found = _box_at(segment)
            amount = _amount(view, segment, *found[1:]) if found is not None else None
            if found is not None and amount is not None:
                votes[found[0]].append((amount.value, amount.span))
            for token in segment.tokens:
                for name, pattern in (("employee_ssn", _SSN), ("employer_ein", _EIN)):
                    if pattern.fullmatch(token.text):
                        votes[name].append((token.text, Span(sheet.index, ((token,),))))
    for name, span in _parties(view):
        votes[name].append((fold(text_of(span.tokens)), span))
    for name, found_state in _states(view):
        votes.setdefault(name, []).append(found_state)
    for name, seen in votes.items():
        counts = Counter(value for value, _ in seen).most_common(2)
        if len(counts) == 1 or counts[0][1] > counts[1][1]:
            span = next(span for value, span in seen if value == counts[0][0])
            yield Found(name, span, SURE if counts[0][1] > 1 else SURE * _ONE_COPY)


def _parties(view: DocumentView) -> Iterator[tuple[str, Span]]:
    """The name and address under the headings of boxes c and e."""
    for segment in (segment for sheet in view.sheets for segment in sheet.segments):
        scores = {name: _likeness(segment, heading)[0] for name, heading in _PARTIES.items()}
        name = max(scores, key=lambda key: scores[key])
        if scores[name] < _ALIKE or scores[name] - min(scores.values()) < _CLEARER:
            continue
        party = party_of(segment.sheet, block_lines(view, segment, _PARTY_LINES)[1:], 1.0)
        if party is None or party.name is None or party.address is None:
            continue
        address = to_the_town(party.sheet, party.address.lines)
        if address is not None:
            yield f"{name}_name", party.name
            yield f"{name}_address", address


def _states(view: DocumentView) -> Iterator[tuple[str, tuple[object, Span]]]:
    """The first row of boxes 15 to 17 that is printed whole: a state, the employer's number, two amounts."""
    for sheet in view.sheets:
        for row in sheet.rows:
            state = row[0].tokens[0]
            amounts = [amount for segment in row for amount in view.amounts_in(segment) if amount.firm]
            if len(row[0].tokens) > 1 or state.text not in STATE_CODES or len(amounts) != _STATE_AMOUNTS:
                continue
            yield "state", (state.text, Span(sheet.index, ((state,),)))
            yield "state_wages", (amounts[0].value, amounts[0].span)
            yield "state_income_tax", (amounts[1].value, amounts[1].span)
            return


def _box_at(segment: Segment) -> tuple[str, int, int] | None:
    """The box whose heading stands in ``segment``, with the words ``start`` to before ``stop`` of the heading."""
    best: tuple[float, str, int, int] | None = None
    rival = 0.0
    for name, headings in _BOXES.items():
        score, start, stop = max(_likeness(segment, heading) for heading in headings)
        if best is None or score > best[0]:
            rival = best[0] if best is not None else 0.0
            best = (score, name, start, stop)
        else:
            rival = max(rival, score)
    if best is None or best[0] < _ALIKE or best[0] - rival < _CLEARER:
        return None
    return best[1:]


def _likeness(segment: Segment, heading: str) -> tuple[float, int, int]:
    """How like the heading the likest run of words from the beginning or the second word of ``segment`` is."""
    best = (0.0, 0, 0)
    if not _shares(segment, heading):
        return best
    matchers = [SequenceMatcher(None, "", wanted, autojunk=False) for wanted in (heading, heading[1:])]
    for start in range(min(2, len(segment.tokens))):
        text = ""
        for stop in range(start + 1, len(segment.tokens) + 1):
            text += segment.tokens[stop - 1].key
            if len(text) > 1.4 * len(heading):
                break
            if len(text) < _SHORTEST * len(heading):
                continue
            # A box's number is easily lost; without it the words alone must be as like.
            for matcher, penalty in zip(matchers, (0.0, _WITHOUT_NUMBER), strict=True):
                matcher.set_seq1(text)
                if matcher.real_quick_ratio() > best[0] and matcher.quick_ratio() > best[0]:
                    best = max(best, (matcher.ratio() - penalty, start, stop))
    return best


def _shares(segment: Segment, heading: str) -> bool:
    """Whether so many pairs of letters of the heading stand in ``segment`` that looking closer is worth the time."""
    text = "".join(token.key for token in segment.tokens)
    pairs = {heading[at : at + 2] for at in range(len(heading) - 1)}
    return len(text) >= _SHORTEST * len(heading) and sum(pair in text for pair in pairs) >= _SHARED * len(pairs)


def _amount(view: DocumentView, segment: Segment, start: int, stop: int) -> Amount | None:
    """The amount behind the heading, else the nearest under it."""
    behind = [amount for amount in view.amounts_in(segment) if amount.start >= stop and amount.firm]
    if behind:
        return behind[0]
    heading = union(token.box for token in segment.tokens[start:stop])
    sheet = view.sheet_of(segment)
    row = view.row_of(segment)
    right = min((other.box.x0 for other in row if other.box.x0 > segment.box.x1), default=sheet.width)
    beside = [a for other in row if heading.x1 <= other.box.x0 for a in view.amounts_in(other)][:1]
    below = [
        amount
        for lower in sheet.below(segment, _DEPTH)
        for other in lower
        for amount in view.amounts_in(other)
        if amount.firm and _is_under(amount.span.box, heading, right)
    ]
    if below:
        return below[0]
    alone = bool(beside) and beside[0].firm and len(beside[0].segment.tokens) == 1
    return beside[0] if alone else None


def _is_under(box: Box, heading: Box, right: float) -> bool:
    near = box.center_y - heading.y1 < _FARTHEST * heading.height
    return near and heading.x0 - heading.height <= box.center_x <= right
