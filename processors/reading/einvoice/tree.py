"""Untrusted XML into a tree that can say where each element stands, within bounds and without DTD or entities."""

from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

MAX_BYTES = 20 * 1024 * 1024
MAX_ELEMENTS = 500_000
MAX_DEPTH = 40
"""EN 16931 syntaxes nest some ten deep; more than this is an attack, not an invoice."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why an attachment is not read as an e-invoice, in one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed document whose elements' tags are local names; the names as written are kept for :meth:`xpath`.

    ``places`` counts an element among its siblings of the same name, from 1; ``alike`` says how many these are.
    """

    root: Element
    namespace: str
    names: dict[Element, str]
    parents: dict[Element, Element]
    places: dict[Element, int]
    alike: Counter[tuple[Element, str]]

    def xpath(self, element: Element) -> str:
        """Where ``element`` stands, with the file's own prefixes; elements of a default namespace stand without.

        A position (``[2]``, from 1) is given where several siblings have the same name.
        """
        steps: list[str] = []
        node: Element | None = element
        while node is not None:
            parent = self.parents.get(node)
            steps.append(self.names[node] + self._position(node, parent))
            node = parent
        return "/" + "/".join(reversed(steps))

    def _position(self, node: Element, parent: Element | None) -> str:
        alone = parent is None or self.alike[parent, self.names[node]] == 1
        return "" if alone else f"[{self.places[node]}]"


def parse_tree(data: bytes) -> Tree | Unreadable:
    """Parses ``data``; bounded in bytes, elements and depth, with document types and entities refused."""
    if len(data) > MAX_BYTES:
        return Unreadable(f"it has {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    try:
        return _build(data)
    except ParseError as error:
        return Unreadable(f"it is not well-formed XML ({error})")
    except DefusedXmlException as error:
        return Unreadable(f"it declares what an invoice must not ({type(error).__name__})")
    except (ValueError, LookupError) as error:
        return Unreadable(f"its text cannot be decoded ({error})")


def _build(data: bytes) -> Tree | Unreadable:
    prefixes: dict[str, str] = {}
    names: dict[Element, str] = {}
    parents: dict[Element, Element] = {}
    places: dict[Element, int] = {}
    alike: Counter[tuple[Element, str]] = Counter()
    stack: list[Element] = []
    root: Element | None = None
    namespace = ""
    for event, item in iterparse(BytesIO(data), events=("start-ns", "start", "end"), forbid_dtd=True):
        if event == "start-ns":
            prefixes[item[1]] = item[0]
        elif event == "end":
            stack.pop()
        else:
            uri, local = _split(item.tag)
            prefix = prefixes.get(uri, "")
            names[item] = f"{prefix}:{local}" if prefix else local
            item.tag = local
            if root is None:
                root, namespace = item, uri
            else:
                parents[item] = stack[-1]
                alike[stack[-1], names[item]] += 1
                places[item] = alike[stack[-1], names[item]]
            stack.append(item)
            if len(stack) > MAX_DEPTH or len(names) > MAX_ELEMENTS:
                return Unreadable(f"it has more than {MAX_DEPTH} levels or {MAX_ELEMENTS:,} elements")
    if root is None:
        return Unreadable("it is empty")
    return Tree(root, namespace, names, parents, places, alike)


def _split(tag: str) -> tuple[str, str]:
    if tag.startswith("{"):
        uri, _, local = tag[1:].partition("}")
        return uri, local
    return "", tag
