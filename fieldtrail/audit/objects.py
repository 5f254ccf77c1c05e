"""What the object store has of a document, and what of it another document still needs.

Objects are addressed by content: the same file submitted by two tenants lies there once, and so do the words of a page
that came in two files.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from connectors.claims import Claims
from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.erase import Subject, documents_with_content, documents_with_words, words_uris
from connectors.errors import MissingError
from connectors.objects import ObjectStore
from streams.stages.ids import trace_folder

_SHA256 = re.compile("[0-9a-f]{64}")
_WORDS = "words/[^/]+/[^/]+/[^/]+"


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """Keys to remove; keys that stay, each with a document that needs it; URIs that name no such object of this store
    (they are of another one, or forged), out of our reach.
    """

    remove: tuple[str, ...]
    keep: tuple[tuple[str, str], ...]
    outside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObjectFinder:
    """Finds a document's objects. ``erased`` tells which of some documents are erased, or are being: those need
    nothing.

    A document of this very moment, which has claimed its content and whose pages the audit store does not have yet,
    keeps its original; words that it shares are made again from that when its stage is replayed.
    """

    store: ObjectStore
    client: ClickHouse
    claims: Claims
    erased: Callable[[Collection[str]], Collection[str]]

    def plan(self, subject: Subject) -> ObjectPlan:
        """What is to be done now. Raises ``UnavailableError``, and what the ClickHouse client raises."""
        outside: list[str] = []
        of_content = [*self._originals(subject, outside), *self._words_of_content(subject)]
        shared_by = self._others_with_content(subject)
        keep = {key: shared_by for key in of_content if shared_by}
        remove = set(of_content) - set(keep)
        pages = self._page_words(subject, outside) - set(of_content)
        owners = self._owners(subject, pages)
        remove |= set(self.store.keys_below(trace_folder(subject.document_id)))
        keep |= {key: owner for key, owner in owners.items() if owner}
        remove |= {key for key, owner in owners.items() if not owner}
        return ObjectPlan(tuple(sorted(remove)), tuple(sorted(keep.items())), tuple(outside))

    def _originals(self, subject: Subject, outside: list[str]) -> list[str]:
        """The keys of the original that there are: after an earlier erasure, none."""
        sha256 = subject.content_sha256
        keys = [self._key(uri, outside, re.escape(f"originals/{sha256[:2]}/{sha256}")) for uri in subject.content_uris]
        return [key for key in keys if key is not None and self.store.find(key) is not None]

    def _words_of_content(self, subject: Subject) -> list[str]:
        """Words by the file's hash and the page's number, also those that no record tells of (a worker died, say)."""
        sha256 = subject.content_sha256
        return self.store.keys_below(f"words/{sha256[:2]}/{sha256}") if _SHA256.fullmatch(sha256) else []

    def _page_words(self, subject: Subject, outside: list[str]) -> set[str]:
        """Words of the document's pages, by whatever engine: those by a page's own hash are elsewhere."""
        keys = [self._key(uri, outside, _WORDS) for uri in words_uris(self.client, subject.document_id)]
        folders = {str(PurePosixPath(key).parent) for key in keys if key is not None}
        return {key for folder in folders for key in self.store.keys_below(folder)}

    def _others_with_content(self, subject: Subject) -> str:
        if not subject.content_sha256:
            return ""
        sha256 = subject.content_sha256
        return self._living(documents_with_content(self.client, sha256) | self.claims.owners_of(sha256), subject)

    def _owners(self, subject: Subject, keys: Collection[str]) -> dict[str, str]:
        """Another living document that has each key's words; empty where none has."""
        uris = {key: self.store.find(key) or "" for key in keys}
        found = documents_with_words(self.client, [uri for uri in uris.values() if uri]) if uris else {}
        return {key: self._living(found.get(uri, frozenset()), subject) for key, uri in uris.items()}

    def _living(self, documents: Collection[str], subject: Subject) -> str:
        others = set(documents) - {subject.document_id}
        return min(others - set(self.erased(others)), default="")

    def _key(self, uri: str, outside: list[str], pattern: str) -> str | None:
        """The key of ``uri``. URIs come from records, so one of another form names nothing that may be removed."""
        try:
            key = self.store.key_of(uri)
        except MissingError:  # an address of a store that was used before this one
            key = ""
        if re.fullmatch(pattern, key):
            return key
        outside.append(uri)
        return None
