"""Plain text for terminals: tables and figures as people write them."""

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned to the left, two spaces apart; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """``42s``, ``3m 05s``, ``2h 14m``, ``5d 03h``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3_600}h {whole % 3_600 // 60:02}m"
    return f"{whole // 86_400}d {whole % 86_400 // 3_600:02}h"


def pages_named(first: int, last: int) -> str:
    """``page 3`` or ``pages 3 to 5``."""
    return f"page {first}" if first == last else f"pages {first} to {last}"


def counted(count: int, noun: str) -> str:
    """``1 example``, ``2 examples``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def mebibytes(count: int) -> str:
    """``312 MiB``."""
    return f"{count / 1024 / 1024:.0f} MiB"
