"""Which documents are read, in which order, and what stands after an interruption."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest

from fieldtrail.evaluation.run import Plan, PlanError, collect, make_plan, scored_rows, whole_files
from processors.evaluation.model import Prediction, Segment, Status, TruthRow


def rows(folder: Path, count: int = 10) -> list[TruthRow]:
    """``count`` rows, invoices and receipts in turn, whose files are in ``folder``."""
    found = [TruthRow(f"{n}.pdf", "invoice" if n % 2 else "receipt") for n in range(count)]
    for row in found:
        (folder / row.file).write_bytes(b"x")
    return found


def plan(folder: Path, count: int) -> Plan:
    return make_plan(rows(folder, count), folder)


def prediction(file: str) -> Prediction:
    return Prediction(file, Status.REVIEW)


def reader(
    asked: list[str], interrupt_at: str | None = None
) -> Callable[[Sequence[str]], Generator[Prediction, None, None]]:
    def read(files: Sequence[str]) -> Generator[Prediction, None, None]:
        try:
            for file in reversed(files):  # as they come: not in the order asked for
                if file == interrupt_at:
                    raise KeyboardInterrupt
                yield prediction(file)
        finally:
            asked.extend([*files, "closed"])

    return read


def test_types_choose_rows(tmp_path: Path) -> None:
    made = make_plan(rows(tmp_path), tmp_path, types=["invoice"])
    assert made.files == ("1.pdf", "3.pdf", "5.pdf", "7.pdf", "9.pdf")
    assert {row.document_type for row in made.rows} == {"invoice"}


def test_a_limit_is_spread_evenly_over_the_truth(tmp_path: Path) -> None:
    made = make_plan(rows(tmp_path), tmp_path, limit=3)
    assert made.files == ("0.pdf", "3.pdf", "6.pdf")
    assert [row.file for row in made.rows] == ["0.pdf", "3.pdf", "6.pdf"]
    assert make_plan(rows(tmp_path), tmp_path, limit=99).files == tuple(f"{n}.pdf" for n in range(10))


def test_a_packet_with_rows_of_its_own_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "packet.pdf").write_bytes(b"x")
    packet = [TruthRow("packet.pdf", "other"), TruthRow("packet.pdf", "invoice", (1, 2))]
    made = make_plan(packet, tmp_path)
    assert made.files == ("packet.pdf",)
    assert made.rows == tuple(packet)


def test_an_empty_choice_says_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no document is of type contract; the truth has invoice, receipt"):
        make_plan(rows(tmp_path), tmp_path, types=["contract"])


def test_missing_files_are_told_before_anything_is_read(tmp_path: Path) -> None:
    truth = [*rows(tmp_path, 2), TruthRow("gone.pdf", "invoice")]
    with pytest.raises(PlanError, match=r"1 of 3 documents are not under .* \(such as gone\.pdf\)"):
        make_plan(truth, tmp_path)


def test_predictions_stand_in_the_plans_order_whatever_order_they_come_in(tmp_path: Path) -> None:
    taken: list[Prediction] = []
    outcome = collect(plan(tmp_path, 3), [], reader([]), taken.append)
    assert [item.file for item in taken] == ["2.pdf", "1.pdf", "0.pdf"]
    assert [item.file for item in outcome.predictions] == ["0.pdf", "1.pdf", "2.pdf"]
    assert not outcome.interrupted


def test_what_is_kept_is_not_read_again_and_what_is_not_wanted_is_left_out(tmp_path: Path) -> None:
    asked: list[str] = []
    kept = [prediction("1.pdf"), prediction("of-another-run.pdf")]
    outcome = collect(plan(tmp_path, 3), kept, reader(asked), lambda _: None)
    assert asked == ["0.pdf", "2.pdf", "closed"]
    assert [item.file for item in outcome.predictions] == ["0.pdf", "1.pdf", "2.pdf"]


def test_an_interruption_ends_the_reading_and_what_was_read_is_scored(tmp_path: Path) -> None:
    asked: list[str] = []
    made = plan(tmp_path, 4)
    outcome = collect(made, [], reader(asked, interrupt_at="1.pdf"), lambda _: None)
    assert outcome.interrupted
    assert [item.file for item in outcome.predictions] == ["2.pdf", "3.pdf"]
    assert asked[-1] == "closed", "the reader had the chance to stop its processes"
    assert [row.file for row in scored_rows(made, outcome)] == ["2.pdf", "3.pdf"]


def test_an_interruption_while_a_prediction_is_taken_closes_the_reader(tmp_path: Path) -> None:
    asked: list[str] = []

    def take(_: Prediction) -> None:
        raise KeyboardInterrupt

    outcome = collect(plan(tmp_path, 3), [], reader(asked), take)
    assert outcome.interrupted
    assert asked[-1] == "closed"


def test_a_whole_run_scores_every_row_also_of_files_that_gave_nothing(tmp_path: Path) -> None:
    made = plan(tmp_path, 3)

    def nothing(_: Sequence[str]) -> Generator[Prediction, None, None]:
        yield prediction("0.pdf")

    outcome = collect(made, [], nothing, lambda _: None)
    assert [row.file for row in scored_rows(made, outcome)] == ["0.pdf", "1.pdf", "2.pdf"]


def test_a_packet_that_was_being_read_is_read_again() -> None:
    """Through Kafka the documents of a packet come first and its own line last; without it, the other way round."""
    one, two = (Prediction("mail.pdf", Status.REVIEW, pages) for pages in ((1, 1), (2, 3)))
    own = Prediction("mail.pdf", Status.REVIEW, segments=(Segment((1, 1), "letter"), Segment((2, 3), "invoice")))
    other = prediction("a.pdf")
    assert whole_files([one, other]) == [other]
    assert whole_files([own, other, one]) == [other]
    assert whole_files([own, other, one, two]) == [own, other, one, two]
