"""The memory's store: found by keys, taught once, each tenant's own, forgotten for good."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.errors import UnavailableError
from connectors.vendor_memory import MOST_CANDIDATES, DocumentLesson, Lecture, VendorMemory
from processors.memory import Layout, Learnt, Source

AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
KEYS = (-(2**63), -7, 0, 2**63 - 1)
LAYOUT = Layout("l-1", "invoice", "Café Müller GmbH", 1, 1, ())


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new' / 'memory.db'}"


@pytest.fixture
def memory(url: str) -> Iterator[VendorMemory]:
    opened = VendorMemory(url)
    yield opened
    opened.close()


def lecture(
    document_id: str = "d-1", lesson_id: str = "r-1", *, tenant: str = "acme", keys: Sequence[int] = KEYS
) -> Lecture:
    return Lecture(tenant, document_id, lesson_id, keys, AT)


def teach(memory: VendorMemory, layout: Layout = LAYOUT, at: Lecture | None = None) -> Learnt | None:
    return memory.teach(at or lecture(), lambda _layouts, _known: Learnt(layout, {"total_amount": Source.PERSON}))


def test_an_empty_memory_has_no_candidates(memory: VendorMemory) -> None:
    assert memory.candidates("acme", KEYS) == []
    assert memory.entries() == []


def test_a_layout_is_found_by_any_two_of_its_keys_in_its_tenant_only(memory: VendorMemory) -> None:
    teach(memory)
    for pair in pairwise(KEYS):
        assert memory.candidates("acme", [*pair, 12345]) == [LAYOUT]
    assert memory.candidates("acme", [KEYS[0], KEYS[0], 12345]) == []
    assert memory.candidates("acme", []) == []
    assert memory.candidates("other", KEYS) == []


def test_the_layouts_that_share_most_keys_come_first_and_are_few(memory: VendorMemory) -> None:
    for number in range(MOST_CANDIDATES + 3):
        layout = replace(LAYOUT, layout_id=f"l-{number}")
        teach(memory, layout, lecture(f"d-{number}", keys=range(number + 2)))
    found = [layout.layout_id for layout in memory.candidates("acme", range(100))]
    assert found == [f"l-{number}" for number in range(MOST_CANDIDATES + 2, 2, -1)]


def test_one_record_teaches_once(memory: VendorMemory) -> None:
    assert teach(memory) is not None
    assert teach(memory, replace(LAYOUT, revision=2)) is None
    assert memory.layout("acme", "l-1") == LAYOUT


def test_a_second_record_of_a_document_sees_what_the_first_taught(memory: VendorMemory) -> None:
    teach(memory)
    seen: list[tuple[list[Layout], DocumentLesson | None]] = []

    def decide(layouts: Sequence[Layout], known: DocumentLesson | None) -> Learnt:
        seen.append((list(layouts), known))
        return Learnt(replace(LAYOUT, revision=2), {"due_date": Source.RULE})

    memory.teach(lecture("d-1", "r-2", keys=[99]), decide)
    [(layouts, known)] = seen
    assert layouts == [LAYOUT], "though no key of the second leads to it"
    assert known is not None
    assert known.fields == {"total_amount": Source.PERSON}
    [lesson] = memory.lessons("acme", "l-1")
    assert (lesson.revision, lesson.lesson_ids, lesson.taught_at) == (
        2,
        ("r-1", "r-2"),
        "2026-01-31T08:00:00.000+00:00",
    )
    assert lesson.fields == {"total_amount": Source.PERSON, "due_date": Source.RULE}


def test_nothing_learnt_is_nothing_written(memory: VendorMemory) -> None:
    assert memory.teach(lecture(), lambda _layouts, _known: None) is None
    assert memory.entries() == []
    assert teach(memory) is not None, "the record may teach later"


def test_later_documents_add_no_keys(memory: VendorMemory) -> None:
    teach(memory)
    teach(memory, replace(LAYOUT, revision=9, documents=9), lecture("d-9", "r-9", keys=[4711, 4712]))
    assert memory.candidates("acme", [4711, 4712]) == []


def test_vendors_are_found_by_part_of_their_name(memory: VendorMemory) -> None:
    teach(memory)
    teach(memory, replace(LAYOUT, layout_id="l-2", vendor="100% Sauber KG"), lecture("d-2", "r-2", tenant="other"))
    assert [entry.layout_id for entry in memory.entries()] == ["l-1", "l-2"]
    assert [entry.layout_id for entry in memory.entries(vendor="cafe mul")] == ["l-1"]
    assert [entry.layout_id for entry in memory.entries(tenant="other")] == ["l-2"]
    assert memory.entries(tenant="other", vendor="cafe") == []


@pytest.mark.parametrize(
    ("meant", "left"),
    [
        ({"layout_id": "l-1"}, ["l-2", "l-3"]),
        ({"vendor": "CAFE MULLER gmbh"}, ["l-2"]),
        ({"tenant": "acme"}, ["l-3"]),
        ({"tenant": "acme", "vendor": "Café Müller GmbH"}, ["l-2", "l-3"]),
        ({"vendor": "Café"}, ["l-1", "l-2", "l-3"]),
        ({}, []),
    ],
)
def test_what_is_forgotten_is_gone(memory: VendorMemory, meant: dict[str, str], left: list[str]) -> None:
    teach(memory)
    teach(memory, replace(LAYOUT, layout_id="l-2", vendor="Sauber KG"), lecture("d-2", "r-2"))
    teach(memory, replace(LAYOUT, layout_id="l-3"), lecture("d-3", "r-3", tenant="other"))
    assert memory.forget(**meant) == 3 - len(left)
    assert [entry.layout_id for entry in sorted(memory.entries(), key=lambda entry: entry.layout_id)] == left
    if "l-1" not in left:
        assert "l-1" not in {layout.layout_id for layout in memory.candidates("acme", KEYS)}
        assert memory.lessons("acme", "l-1") == []
        assert teach(memory) is not None, "the next document teaches anew"


def test_an_erased_document_is_named_no_more(memory: VendorMemory) -> None:
    for number in (1, 2, 3):
        teach(memory, replace(LAYOUT, revision=number), lecture(f"d-{number}", f"r-{number}"))
    memory.forget_document("acme", "d-1")
    assert [lesson.document_id for lesson in memory.lessons("acme", "l-1")] == ["d-2", "d-3"]
    assert memory.layout("acme", "l-1") == replace(LAYOUT, revision=3)


def test_a_layout_that_may_have_an_erased_documents_own_words_goes_with_it(memory: VendorMemory) -> None:
    """With one other teacher, a word of the erased document alone is still one that half of them have."""
    teach(memory)
    teach(memory, replace(LAYOUT, revision=2), lecture("d-2", "r-2"))
    teach(memory, replace(LAYOUT, layout_id="l-3"), lecture("d-3", "r-3"))
    memory.forget_document("acme", "d-9")
    assert len(memory.entries()) == 2, "it taught nothing"
    memory.forget_document("acme", "d-1")
    assert [entry.layout_id for entry in memory.entries()] == ["l-3"]
    assert memory.lessons("acme", "l-1") == []
    memory.forget_document("other", "d-3")
    assert len(memory.entries()) == 1, "another tenant's document of that name"
    memory.forget_document("acme", "d-3")
    assert memory.entries() == []


def test_workers_that_teach_at_once_lose_nothing(url: str) -> None:
    """Each adds one to the revision that it finds."""

    def work(number: int) -> None:
        mine = VendorMemory(url)

        def decide(layouts: Sequence[Layout], _known: DocumentLesson | None) -> Learnt:
            before = layouts[0] if layouts else replace(LAYOUT, revision=0)
            return Learnt(replace(before, revision=before.revision + 1), {})

        for turn in range(5):
            mine.teach(lecture(f"d-{number}-{turn}", f"r-{number}-{turn}"), decide)
        mine.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    memory = VendorMemory(url)
    layout = memory.layout("acme", "l-1")
    assert layout is not None
    assert layout.revision == 20
    memory.close()


def test_a_database_that_is_down_says_so() -> None:
    memory = VendorMemory("sqlite:////proc/nothing/memory.db")
    with pytest.raises(UnavailableError):
        memory.candidates("acme", KEYS)
