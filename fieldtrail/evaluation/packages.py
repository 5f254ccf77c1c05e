"""Packages of the extra ``eval``, which a worker in production does without."""

from importlib.util import find_spec

from fieldtrail.errors import FieldtrailError

SCORING = ("scipy", "rapidfuzz")
PAGES = ("jinja2", "matplotlib")


class MissingPackagesError(FieldtrailError):
    """What was asked for needs packages that are not installed. The message says which, and how to get them."""


def require(packages: tuple[str, ...], what: str) -> None:
    """Returns where all of ``packages`` are installed. Raises :class:`MissingPackagesError`."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingPackagesError(f"{what} needs {' and '.join(missing)}: pip install 'fieldtrail[eval]'")
