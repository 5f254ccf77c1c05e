"""How many rows a Parquet file has, from its footer alone.

Sources: Apache Parquet format, "File format" and ``parquet.thrift`` (``FileMetaData``); Apache Thrift, "Thrift compact
protocol encoding". A Parquet library would be a heavy dependency for one number.
"""

from collections.abc import Iterator
from pathlib import Path

_MAGIC = b"PAR1"
_NUM_ROWS = 3
_TRUE, _FALSE, _BYTE, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 6, 7, 8, 9, 10, 11, 12


def parquet_rows(path: Path) -> int:
    """The number of rows. Raises ``ValueError`` for a file that is not Parquet, or whose footer says none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        tail = file.read(8)
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != _MAGIC or length > size - 12:
            raise ValueError(f"{path} is no whole Parquet file")
        file.seek(size - 8 - length)
        footer = _Compact(file.read(length))
    for number, kind in footer.fields():
        if number == _NUM_ROWS and kind == _I64:
            return footer.signed()
        footer.skip(kind)
    raise ValueError(f"the footer of {path} does not say how many rows there are")


class _Compact:
    """Reads just enough of Thrift's compact protocol to pass over fields."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def fields(self) -> Iterator[tuple[int, int]]:
        """Number and kind of each field of a struct; the caller reads or skips its value before the next."""
        number = 0
        while head := self._byte():
            step = head >> 4
            number = number + step if step else self.signed()
            yield number, head & 15

    def signed(self) -> int:
        """A zigzag varint."""
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)

    def skip(self, kind: int, in_list: bool = False) -> None:
        """Passes over a value. A Boolean has a byte of its own in lists only."""
        if kind in (_TRUE, _FALSE):
            self._at += in_list
        elif kind == _BYTE:
            self._at += 1
        elif kind == _DOUBLE:
            self._at += 8
        elif kind == _BINARY:
            length = self._unsigned()
            self._at += length
        elif kind in (_LIST, _SET):
            self._skip_list()
        elif kind == _MAP:
            self._skip_map()
        elif kind == _STRUCT:
            for _, inner in self.fields():
                self.skip(inner)
        else:
            self._unsigned()

    def _skip_list(self) -> None:
        head = self._byte()
        count = head >> 4
        for _ in range(self._unsigned() if count == 15 else count):
            self.skip(head & 15, in_list=True)

    def _skip_map(self) -> None:
        count = self._unsigned()
        kinds = self._byte() if count else 0
        for _ in range(count):
            self.skip(kinds >> 4, in_list=True)
            self.skip(kinds & 15, in_list=True)

    def _byte(self) -> int:
        value = self._data[self._at]
        self._at += 1
        return value

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
