"""How a block of lines is read as a name and an address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from processors.geometry import Box, union
from processors.reading.geometric.names import LEGAL_FORM, POSTAL
from processors.reading.geometric.view import Span, Token
from processors.values import parse_date
from processors.values.text import fold, word_set

NAME_LABELS = word_set(
    "name customername firma companyname nom nombre nome naam vendorname suppliername kundenname clientname buyername "
    "nomduclient nomclient nombredelcliente nombrecliente nomecliente nomedocliente klantnaam sellername"
)
ADDRESS_LABELS = word_set("anschrift adresse address direccion indirizzo adres morada endereco domicilio")
_NOT_ADDRESS = re.compile(
    r"@|www\.|https?:|\b(?:tel|fax|phone|e-?mail|mobile|ph|t\u00e9l\w*|tel[e\u00e9]fono\w*|telefo\w+|tfno|tlf)\b|"
    r"^[TFM]\s?:",
    re.IGNORECASE,
)
_AND = frozenset({"&", "+", "und", "and", "et", "y", "e", "en"})
"""Last words of a name that goes on in the next line."""
_DEPARTMENT = re.compile(
    r"(?:dept\.? of |department of )?(?:accounts?(?: payable| receivable)?|accounting|finance|purchasing|procurement|"
    r"payables|billing)(?: dep(?:artmen)?t\.?| team| office)?|"
    r"abt(?:eilung|\.) \w+|(?:kreditoren|debitoren|finanz)?buchhaltung|rechnungswesen|rechnungspr\u00fcfung|einkauf|"
    r"service (?:des )?(?:comptabilit\u00e9|achats|facturation|fournisseurs)|comptabilit\u00e9(?: fournisseurs)?|"
    r"(?:departamento|dpto\.?) (?:de )?\w+|contabilidad|ufficio \w+|contabilit\u00e0|amministrazione|"
    r"afd(?:eling|\.) \w+|(?:crediteuren)?administratie|boekhouding|inkoop|"
    r"contabilidade|se\u00e7\u00e3o de \w+",
    re.IGNORECASE,
)
_ATTENTION = re.compile(
    r"(?:z\. ?hd\.|zu h[\u00e4a]nden|attn\.?|attention(?= of|:)|f\.a\.o\.|(?:\u00e0|a) l['\u2019 ]attention|"
    r"alla (?:c\. ?a\.|cortese attenzione)|all['\u2019]attenzione|a la atenci[\u00f3o]n|a/a|att\.|"
    r"ter attentie van|t\.a\.v\.|(?:\u00e0|a) aten[\u00e7c][\u00e3a]o)(?: (?:von|of|de|di|do|da))?(?=[ :])",
    re.IGNORECASE,
)
"""What stands before the person at a company whom the letter is for: no part of where the company is."""
_REST_OF_FORM = word_set("cv decv derldecv rldecv sadecv deresponsabilidadlimitada cokg coohg kgaa mbh unipessoallda")
"""Legal forms, or their second halves, that a line of their own may hold."""
_MARK_GAP = 0.6
"""White space, in word heights, between the letters of a logo and the name; words stand closer."""
_LONGEST_MARK = 3


@dataclass(frozen=True, slots=True)
class Party:
    """A name and an address, either may be missing. ``score``: how sure it is whose they are; ``box``: all lines."""

    name: Span | None
    address: Span | None
    score: float
    box: Box
    sheet: int


def party_of(sheet: int, lines: Sequence[tuple[Token, ...]], score: float) -> Party | None:
    """Name and address out of the lines of a block: the first line that is no number or label, and what follows it."""
    name: tuple[Token, ...] | None = None
    address: list[tuple[Token, ...]] = []
    tail: tuple[Token, ...] = ()
    skipped = 0
    for line in lines:
        kind, value = kind_of(line)
        if kind == "skip" or not value:
            skipped += 1
            if address or (name is not None and skipped > 1):
                break
            continue
        if kind == "name" or (name is None and kind == "text" and not _is_town(value) and not is_department(value)):
            name = name or value
        elif name and not address and not tail and (_is_legal_form(value) or name[-1].text.casefold() in _AND):
            tail = value
        elif kind in {"address", "text"} and name is not None:
            address.append(value)
    if name is None or not has_word(name):
        return None
    name = _without_mark(name)
    inline = _inline_address(name)
    if inline is not None:
        name, address = inline
    address = address_part(_without_name(address, name))
    tokens = [*name, *tail, *(token for line in address for token in line)]
    box = union(token.box for token in tokens)
    names = (name, tail) if tail else (name,)
    return Party(Span(sheet, names), Span(sheet, tuple(address)) if address else None, score, box, sheet)


def _without_mark(name: tuple[Token, ...]) -> tuple[Token, ...]:
    """``name`` without the letters of a logo that stand apart before it (``Ac  Acme Ltd``)."""
    if len(name) < 2:
        return name
    mark, first = name[0], name[1]
    apart = first.box.x0 - mark.box.x1 > _MARK_GAP * mark.box.height
    is_mark = 0 < len(mark.key) <= _LONGEST_MARK and first.key.startswith(mark.key) and first.key != mark.key
    return name[1:] if apart and is_mark else name


def _is_legal_form(line: tuple[Token, ...]) -> bool:
    """Whether a line is nothing but the legal form for which a name had no room left."""
    text = text_of(line)
    form = LEGAL_FORM.match(text) is not None or fold(text) in _REST_OF_FORM
    return form and len(line) <= 5 and not any(map(str.isdigit, text))


def text_of(line: Sequence[Token]) -> str:
    """The words of a line, a blank between each."""
    return " ".join(token.text for token in line)


def kind_of(line: tuple[Token, ...]) -> tuple[str, tuple[Token, ...]]:
    """Whether a line of a block is a name, an address, plain text, or to be skipped; and its value without a label."""
    text = text_of(line)
    attention = _ATTENTION.match(text)
    if attention is not None:
        return "name", trimmed(line[len(attention[0].split()) :])
    colon = next((i for i, token in enumerate(line[:5]) if ":" in token.text), None)
    if colon is not None:
        label = "".join(token.key for token in line[: colon + 1])
        value = trimmed(line[colon + 1 :])
        if label in NAME_LABELS or label in {"zhd", "tav"}:
            return "name", value
        return ("address", value) if label in ADDRESS_LABELS else ("skip", ())
    letters = sum(map(str.isalpha, text))
    if _NOT_ADDRESS.search(text) or (letters < 2 and not POSTAL.search(text)) or parse_date(text, True):
        return "skip", ()
    if line[0].text.startswith("(") or line[0].key in {
        "gln",
        "iban",
        "bic",
        "ustidnr",
        "vat",
        "hrb",
        "tax",
        "gst",
        "gstin",
    }:
        return "skip", ()
    return "text", line


def is_department(line: Sequence[Token]) -> bool:
    """Whether a line names an office inside a company (*Accounts Payable*, *Abteilung Einkauf*), which is no party."""
    return _DEPARTMENT.fullmatch(text_of(line).strip(" ,;:.")) is not None


def _is_town(line: tuple[Token, ...]) -> bool:
    """A line that begins with a post code names a town, not a party."""
    return POSTAL.match(text_of(line)) is not None


def _without_name(lines: list[tuple[Token, ...]], name: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """``lines`` without those at the top that go on with the name: a legal form or a word of it, and no number."""
    words = {token.key for token in name if len(token.key) > 3}
    start = 0
    while start < len(lines) and not any(map(str.isdigit, text_of(lines[start]))):
        if not LEGAL_FORM.search(text_of(lines[start])) and not words & {token.key for token in lines[start]}:
            break
        start += 1
    return lines[start:]


def address_part(lines: list[tuple[Token, ...]]) -> list[tuple[Token, ...]]:
    """``lines`` up to the one with the post code and a country after it; none where no line has a digit."""
    texts = [text_of(line) for line in lines]
    if not any(any(map(str.isdigit, text)) for text in texts) or not any(map(str.isalpha, "".join(texts))):
        return []
    if len(lines) == 1 and _is_town(lines[0]):
        # The street is missing, so this is not the address that was printed.
        return []
    last = max((i for i, text in enumerate(texts) if POSTAL.search(text)), default=None)
    if last is None:
        return lines[:4]
    following = texts[last + 1 : last + 2]
    if following and len(following[0].split()) <= 3 and not any(map(str.isdigit, following[0])):
        last += 1
    return lines[: last + 1]


_SEPARATORS = frozenset({"\u00b7", "\u2022", "|", "-", "*", "\u25aa", "\u25cf"})


def _inline_address(name: tuple[Token, ...]) -> tuple[tuple[Token, ...], list[tuple[Token, ...]]] | None:
    """``ACME GmbH · Hauptstr. 1 · 12345 Berlin`` on one line, cut into its parts."""
    parts: list[list[Token]] = [[]]
    for token in name:
        if token.text in _SEPARATORS:
            parts.append([])
            continue
        parts[-1].append(token)
        if token.text.endswith(","):
            parts.append([])
    lines = [tuple(part) for part in parts if part]
    rest = " ".join(token.text for line in lines[1:] for token in line)
    return (lines[0], lines[1:]) if len(lines) > 1 and POSTAL.search(rest) else None


def has_word(line: Sequence[Token]) -> bool:
    """Whether a line has a word, as every name does; a customer number or a tax id has none."""
    return any(len(token.key) > 1 and token.key.isalpha() for token in line)


def trimmed(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """``tokens`` without punctuation before the first word."""
    start = next((i for i, token in enumerate(tokens) if token.key), len(tokens))
    return tuple(tokens[start:])
