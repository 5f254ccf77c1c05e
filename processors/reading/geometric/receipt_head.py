"""The first rows of a receipt: which of them may be a name, a registration number, a street, and what ends the head."""

import re
from typing import Final

from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.names import LEGAL_FORM, TITLE_WORDS
from processors.reading.geometric.view import Segment, Sheet, Token
from processors.values import is_currency_code
from processors.values.text import word_set

NOISE: Final = re.compile(
    r"\b(?:thank|welcome|tq for|your|copy|reprint|duplicate|invoice|receipt|gst|tel|fax|date|www|goods sold|returnable|"
    r"refundable|redeem|voucher|vouchers|points|member)\b|@",
    re.IGNORECASE,
)
REGISTRATION: Final = re.compile(
    r"^\W*(?:co\s?\.?\s*(?:reg|no)|\(co\b.*[0-9]{4}|company|reg\b|roc\b|\(?[0-9]{4,}\s?-?\s?[A-Z0-9]{1,2}\)?\W*$|"
    r"\(?[A-Z]{0,4}[0-9 ]{6,}\s?-?\s?[A-Z]?\)?\W*$)",
    re.IGNORECASE,
)
"""A row that is the registration number of the company named above it."""
GLUED: Final = re.compile(r"(?<=[^\W\d])\((?:[0-9]{4,}-?[A-Z]?|[A-Z]{2}[0-9]{7}-[A-Z])\)?")
"""A registration number with no blank before it: ``SDN BHD(519537-X)``."""
STREET: Final = re.compile(
    r"[\w .'-]*(?:stra[s\u00df]{1,2}e|str\s?\.|weg|allee|platz|gasse|straat|laan|road|street)\s?[0-9]{1,4}\s?[a-z]?",
    re.IGNORECASE,
)
"""A street and its number: what follows is an address, and where nothing stands above it, the name was a picture."""
TOWN: Final = re.compile(r"(?:[A-Z]{1,2}-)?[0-9]{5} [^\W\d]{3,}|[0-9]{4} ?[A-Z]{2} [^\W\d]{3,}")
ADDRESS_ENDS: Final = re.compile(
    r"\b(?:tel|t[e\u00e9]l[e\u00e9]phone|tel[e\u00e9]fono|telefone|telefoon|telefon|whatsapp|care\s?line|"
    r"phone|fax|gst|sst|reg|date|invoice|receipt|cashier|bill|table|www|http|e-?mail|roc|no\.? ?:|hotline|"
    r"ticket|caisse|scontrino|ricevuta|recibo|tal[a\u00e3]o|factura|facture|fattura|fatura|kassenbon|kassabon|beleg|"
    r"quittung|datum|fecha|"
    r"mobile|company|tax|vat|nif|cif|siret|p\.? ?iva|btw|server|order|check|cash(?! (?:&|and) carry)|uid|ust|steuer|"
    r"hp|h/p)\b|@",
    re.IGNORECASE,
)
CLEAR: Final = 0.6
"""Handwriting and logos read as words: a name is printed clearly."""

_NUMBER = re.compile(
    r"\(?(?:[A-Z]{0,3}[0-9]{4,}\s?-?\s?[A-Z0-9]{0,2}|[A-Z0-9]{1,2}|-|[A-Z]?[0-9]{3,}[/-][A-Z])\)?", re.IGNORECASE
)
"""A registration number, or a part of one, in the last words of a name."""
_WHOLE_NUMBER = re.compile(r"\(?[0-9]{4,}-[A-Z]\)?[.,;:]?|\([0-9]{6,12}-?[A-Z]?\)[.,;:]?", re.IGNORECASE)
"""A registration number, whatever is printed behind it."""
_FEWEST_DIGITS = 4
"""Of a registration number: ``Restaurant 2`` bears none."""
_BUILDING = re.compile(
    r"(?:gebouw|geb\u00e4ude|b\u00e2timent|edif[i\u00ed]cio|building|block|unit|suite|floor|etage|piso|bp|postbus|postfach|"
    r"apartado|caixa postal|casella postale|p\.?\s?o\.? box)\s[\w-]{1,5}",
    re.IGNORECASE,
)
"""The beginning of an address, above the street."""
_HOURS = re.compile(r"\b(?:hours|\u00f6ffnungszeiten|horaires?|horario|orario|openingstijden|uhr)\b", re.IGNORECASE)
_STAMPS = word_set("posted paid received entered verified bezahlt gebucht paye pagado pagato betaald pago copy kopie")


class Head:
    """The rows of a sheet, with those apart that a tall word beside them (a stamp, a signature) has tied together."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.rows = [part for row in sheet.rows for part in _unstacked(row)]
        self._tokens = [tuple(token for segment in row for token in segment.tokens) for row in self.rows]
        self._texts = [" ".join(token.text for token in tokens) for tokens in self._tokens]

    def tokens(self, row: int) -> tuple[Token, ...]:
        """All words of the row."""
        return self._tokens[row]

    def text(self, row: int) -> str:
        """All words of the row, joined by blanks."""
        return self._texts[row]

    def size(self, row: int) -> float:
        """How large the row is printed, in the page's usual line heights."""
        tokens = self.tokens(row)
        return sum(token.box.height for token in tokens) / len(tokens) / self.sheet.line_height

    def certainty(self, row: int) -> float:
        """The least that the recogniser was sure of any word of the row."""
        return min(map(self._certainty, self.rows[row]))

    def name(self, row: int) -> tuple[Token, ...]:
        """The words of the row that are its name: no scribble or stamp beside it, no registration number behind it."""
        parts = list(self.rows[row])
        while len(parts) > 1 and self._certainty(parts[-1]) < CLEAR <= self._certainty(parts[-2]):
            if not any(is_text(part.text) for part in parts[:-1]):
                break
            parts.pop()
        return without_registration(_without_stamp(_without_logo([part.tokens for part in parts])))

    def _certainty(self, segment: Segment) -> float:
        return min(self.sheet.page.words[token.id].confidence for token in segment.tokens)


def _unstacked(row: list[Segment]) -> list[list[Segment]]:
    """Segments of one row, top to bottom, those apart that stand above each other."""
    lines: list[list[Segment]] = []
    for segment in sorted(row, key=lambda part: part.box.center_y):
        if lines and not any(segment.box.horizontal_overlap(other.box) > 0 for other in lines[-1]):
            lines[-1].append(segment)
        else:
            lines.append([segment])
    return [sorted(line, key=lambda part: part.box.x0) for line in lines]


def _without_logo(parts: list[tuple[Token, ...]]) -> tuple[Token, ...]:
    """A row without a logo beside the print that says it again: ``ideal   ideal GmbH``."""
    while len(parts) > 1 and [t.key for t in parts[0]] == [t.key for t in parts[1][: len(parts[0])]]:
        parts = parts[1:]
    return _once(tuple(token for part in parts for token in part))


def _once(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A name that a logo and a line of print both say, once."""
    half = len(tokens) // 2
    return tokens[:half] if half and [t.key for t in tokens[:half]] == [t.key for t in tokens[half:]] else tokens


def _without_stamp(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A name without the stamp that somebody put beside it."""
    return tuple(token for token in tokens if token.key not in _STAMPS) or tokens


def without_registration(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A name without the company's registration number behind it: ``(519537-X)``, and what follows that."""
    for place, token in enumerate(tokens):
        if place and _WHOLE_NUMBER.fullmatch(token.text):
            return tokens[:place]
        if GLUED.search(token.text):
            return tokens[: place + 1]
    stop = len(tokens)
    while stop > 1 and _NUMBER.fullmatch(tokens[stop - 1].text.rstrip(",.;:")):
        stop -= 1
    # Letters alone are no number: a name may be printed with blanks between its letters.
    return tokens[:stop] if sum(map(str.isdigit, key_of(tokens[stop:]))) >= _FEWEST_DIGITS else tokens


def is_registered(tokens: tuple[Token, ...]) -> bool:
    """Whether a registration number stands behind a name on its row."""
    if any(GLUED.search(token.text) for token in tokens):
        return True
    return any(_WHOLE_NUMBER.fullmatch(token.text) for token in tokens[1:])


def key_of(tokens: tuple[Token, ...]) -> str:
    """The words folded to one key."""
    return "".join(token.key for token in tokens)


def is_text(text: str) -> bool:
    """Whether there are letters enough for a word."""
    return sum(map(str.isalpha, text)) >= 3


def is_building(text: str) -> bool:
    """Whether a row is a building or a post box: it begins an address."""
    return _BUILDING.fullmatch(text) is not None


def has_amount(view: DocumentView, segments: list[Segment]) -> bool:
    """Whether money is printed in any of the segments."""
    return any(amount.firm for segment in segments for amount in view.amounts_in(segment))


def may_be_name(view: DocumentView, head: Head, row: int) -> bool:
    """Whether the row has letters and says nothing that names do not say: no title, date, label, thanks or hours."""
    tokens = head.tokens(row)
    text = head.text(row)
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, " ".join(token.text for token in without_registration(tokens))))
    if letters < 3 or digits > letters or key_of(tokens) in TITLE_WORDS | _STAMPS or text.endswith(":"):
        return False
    if _HOURS.search(text) or (_is_debris(tokens) and head.certainty(row) < CLEAR):
        return False
    if is_currency_code(text.strip("().:")) or is_building(text):
        return False
    segments = head.rows[row]
    if any(map(view.dates_in, segments)) or REGISTRATION.search(text):
        return False
    if NOISE.search(text) and not LEGAL_FORM.search(text):
        return False
    return not any(label.start == 0 and label.closed for label in view.labels_in(segments[0]))


def _is_debris(tokens: tuple[Token, ...]) -> bool:
    """Whether most words have a letter or two, not all of them capitals: what is left of a drawing."""
    short = sum(len(token.key) <= 2 for token in tokens)
    return len(tokens) > 2 and 2 * short > len(tokens) and any(map(str.islower, "".join(t.text for t in tokens)))
