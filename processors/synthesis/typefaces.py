"""Which fonts a document's faces are set in: the standard ones, or embedded ones, as its sender has them.

A drawing names what it wants (:class:`processors.synthesis.canvas.Face`: a sans, a bold serif); which sans that is, is
settled for a document as a whole, by :func:`typefaces`. The embedded fonts come from the package ``pymupdf-fonts`` (SIL
Open Font License 1.1, Ubuntu Font Licence 1.0) under the names that PyMuPDF has for them. All have every character of
Windows-1252.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random
from types import MappingProxyType

SANS = ("helv", "hebo", "heit", "hebi")
MONO = ("cour", "cobo", "coit")
"""The standard faces, in the order of the families below: regular, bold, italic, bold italic."""

SANS_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "FiraGO": ("figo", "figbo", "figit", "figbi"),
    "Noto Sans": ("notos", "notosbo", "notosit", "notosbi"),
    "Ubuntu": ("ubuntu", "ubuntubo", "ubuntuit", "ubuntubi"),
}
MONO_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Cascadia Mono": ("cascadia", "cascadiab", "cascadiai"),
    "Space Mono": ("spacemo", "spacembo", "spacemit"),
    "Ubuntu Mono": ("ubuntm", "ubuntmbo", "ubuntmit"),
}
EMBEDDED = frozenset(
    font for families in (SANS_FAMILIES, MONO_FAMILIES) for family in families.values() for font in family
)
"""Fonts that a file has to carry with it."""

_STANDARD_SHARE = 0.4

_chosen: ContextVar[Mapping[str, str]] = ContextVar("typefaces", default=MappingProxyType({}))


def choose_typefaces(rng: Random) -> dict[str, str]:
    """Fonts by standard face, at random. Faces that are left out keep their own, as much of the world's paper has."""
    chosen: dict[str, str] = {}
    for standard, families in ((SANS, SANS_FAMILIES), (MONO, MONO_FAMILIES)):
        family = rng.choice(sorted(families))
        if rng.random() >= _STANDARD_SHARE:
            chosen |= dict(zip(standard, families[family], strict=True))
    return chosen


@contextmanager
def typefaces(chosen: Mapping[str, str]) -> Iterator[None]:
    """What is measured and drawn within is set in ``chosen``, fonts by standard face."""
    token = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(token)


def font_of(face: str) -> str:
    """The font that ``face`` is set in now."""
    return _chosen.get().get(face, face)
