"""Ties table rows to the event of the record that they came from, so that an altered value is found as well.

An event's ``rows_hash`` covers the hashes of its rows. The hash of a row's values is salted with what only the record's
bytes give: once a document is erased, values and salt are gone, and they cannot be guessed from the hash that stays.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from ctypes import c_float
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from processors.audit.event import NO_HASH, milliseconds

RowValue = str | int | float | Decimal | date | datetime | bytes | None | Sequence["RowValue"] | Mapping[str, str]

_SALT = b"fieldtrail.audit.salt.1\n"
_LENGTH = struct.Struct(">I")


def row_salt(value: bytes) -> bytes:
    """The salt of all rows that come from a record with these bytes: 32 bytes."""
    return hashlib.sha256(_SALT + value).digest()


def row_hash(before: bytes, values: Iterable[RowValue]) -> bytes:
    """SHA-256 of ``before`` (a salt, or the hash of other columns of the row) and of ``values`` as JSON.

    The JSON is an array without white space, in UTF-8, with ``\\u`` escapes only where JSON demands them. Floats are
    the nearest single-precision number (tables store boxes so) as the shortest text that gives it back as a double, as
    Python writes it (0.1 is 0.10000000149011612), decimals are text without exponent and trailing zeros, dates ISO
    text, times milliseconds since 1970, bytes lower-case hexadecimal, mappings lists of pairs in the order of their
    keys.
    """
    # Most values need no change; asking here saves a call for each.
    text = _encode([value if type(value) in _AS_THEY_ARE else _form(value) for value in values])
    return hashlib.sha256(before + text.encode("utf-8", "surrogatepass")).digest()


def rows_hash(rows: Iterable[tuple[str, bytes]]) -> bytes:
    """What the event says of its rows, each a key and a hash: zeros where it has none, else SHA-256 over all of them,
    sorted: the key's length in bytes (unsigned 32 bits, big-endian), the key in UTF-8, the hash.
    """
    digest, none = hashlib.sha256(), True
    for key, row in sorted(rows):
        data, none = key.encode("utf-8", "surrogatepass"), False
        digest.update(_LENGTH.pack(len(data)) + data + row)
    return NO_HASH if none else digest.digest()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_AS_THEY_ARE = frozenset({str, int, type(None)})


def _form(value: RowValue) -> Any:
    """``value`` as JSON has it."""
    if isinstance(value, tuple | list):
        return value if _AS_THEY_ARE.issuperset(map(type, value)) else [_form(item) for item in value]
    if isinstance(value, float):
        return c_float(value).value
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, datetime):  # before date, whose subclass it is
        return milliseconds(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return sorted(map(list, value.items()))
    return str.__str__(value) if isinstance(value, str) else value  # an enum's member is written as its value


def _plain(number: Decimal) -> str:
    """The same text for 4500, 4500.00 and 4.5E+3, no minus before zero. Exact at any length, unlike ``normalize``."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
