"""The page of a report: it needs nothing else, hides nothing, and runs nothing that a document says."""

import base64
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from fieldtrail.evaluation.document_view import document_view, wanted_pages
from fieldtrail.evaluation.page import report_page
from fieldtrail.evaluation.page_images import PageImage
from fieldtrail.evaluation.plots import Bin, reliability, risk_coverage, seconds_per_page
from fieldtrail.evaluation.record import RunRecord
from processors.evaluation.report import DocumentResult
from tests.support.scored import EVIL, by_key, report

RUN = RunRecord("0.1.0", "abc-dirty", "2026-01-31T08:00:00+00:00", 12.5, "truth.jsonl", "00" * 32, 4, 4, False)
IMAGE = PageImage(1, 595.0, 842.0, b"\xff\xd8not really\xff\xd9")
VOID = frozenset({"meta", "img", "br", "link", "input"})


class Elements(HTMLParser):
    """Every element with its attributes; fails where tags do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Mapping[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[Mapping[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    made = report()
    images = {(item.file, 1): IMAGE for item in made.documents if item.error is None}
    return report_page(made, RUN, made.worst_first(), by_key(), images)


def test_it_refers_to_nothing_outside_itself(page: str) -> None:
    elements = Elements(page)
    assert "link" not in {tag for tag, _ in elements.found}
    sources = [
        value for _, attributes in elements.found for name, value in attributes.items() if name in {"src", "href"}
    ]
    assert all(str(source).startswith(("#", "data:image/jpeg;base64,")) for source in sources)
    assert not re.findall(r"url\((?!#)|@import", page)
    [policy] = [item["content"] for item in elements.all("meta") if "Content-Security-Policy" in str(item)]
    assert str(policy).startswith("default-src 'none'; img-src data:;")


def test_what_a_document_says_is_text_and_never_runs(page: str) -> None:
    assert EVIL not in page
    assert len(Elements(page).all("script")) == 1
    assert not [name for _, attributes in Elements(page).found for name in attributes if name.startswith("on")]


def test_its_ids_are_unique(page: str) -> None:
    ids = [attributes["id"] for _, attributes in Elements(page).found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_worst_document_comes_first_and_every_value_is_told(page: str) -> None:
    names = re.findall(r'<span class="name">(.*?)</span>', page)
    assert names == ["docs/silent.pdf", "docs/wrong.pdf", "docs/lost.pdf", "docs/good.pdf"]
    assert '<strong class="bad">1 silent</strong>' in page
    assert "<code>timeout</code>" in page
    assert "DE02 1203 0000 0000 2020 51" in page, "also values that are not labelled"
    assert base64.b64encode(IMAGE.jpeg).decode() in page


def test_every_box_belongs_to_a_value_that_can_be_reached_by_keyboard(page: str) -> None:
    elements = Elements(page)
    boxes = {item["data-key"] for item in elements.all("rect") if "data-key" in item}
    rows = {item["data-key"] for item in elements.all("tr") if "data-key" in item}
    assert boxes
    assert rows <= boxes
    assert all(item["tabindex"] == "0" for item in elements.all("tr") if "data-key" in item)


def test_a_run_that_was_stopped_says_so() -> None:
    made = report(resamples=0)
    stopped = RunRecord("0.1.0", None, "2026-01-31T08:00:00+00:00", 1.0, "truth.jsonl", "00", 9, 4, True)
    assert "Stopped after 4 of 9 documents" in report_page(made, stopped, [], {}, {})


def result(name: str) -> DocumentResult:
    return next(item for item in report(resamples=0).documents if item.file == f"docs/{name}.pdf")


def test_boxes_tell_right_wrong_and_unlabelled_values_apart() -> None:
    view = document_view(0, result("wrong"), by_key()["docs/wrong.pdf", None], {("docs/wrong.pdf", 1): IMAGE})
    [shown] = view["pages"]
    kinds = {box["title"].partition(":")[0]: box["kind"] for box in shown["boxes"]}
    assert kinds == {
        "vendor_name": "wrong",
        "due_date": "wrong",
        "iban (not labelled)": "unlabelled",
        "line item 1": "row right",
    }
    assert view["type"] == "invoice, read as receipt"
    assert [(value["name"], value["mark"]) for value in view["values"]] == [
        ("vendor_name", "✗ wrong"),
        ("due_date", "✗ spurious"),
        ("total_amount", "✗ missing"),
        ("iban", "not labelled"),
    ]
    assert [row["mark"] for row in view["rows"]] == ["✓", "✗ missing"]


def test_a_document_that_failed_shows_its_first_page_if_there_is_one() -> None:
    assert wanted_pages(result("lost"), None) == [1]
    assert document_view(0, result("lost"), None, {})["pages"] == []


def test_plots_take_their_colours_from_the_page_and_say_what_they_are() -> None:
    drawn = [
        reliability([Bin(0.5, 0.4, 10), Bin(0.95, 0.97, 200)], "Reliability"),
        risk_coverage([0.1, 0.6, 1.0], [0.0, 0.01, 0.04], "Risk", 0.01),
        seconds_per_page([0.1, 0.4, 3.0], "Seconds"),
        reliability([], "Nothing"),
        seconds_per_page([], "No seconds"),
    ]
    for plot, label in zip(drawn, ("Reliability", "Risk", "Seconds", "Nothing", "No seconds"), strict=True):
        [svg] = Elements(plot).all("svg")
        assert svg["aria-label"] == label
        assert not re.search(r"#[0-9a-f]{6}", plot), "a colour of its own"
        assert "var(--ink)" in plot
    assert "perfectly calibrated</text>" in drawn[0], "text stays text"
