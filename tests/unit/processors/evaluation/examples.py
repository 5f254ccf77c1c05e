"""Small truths and predictions for the tests of scoring."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from processors.evaluation.model import (
    PredictedField,
    PredictedRow,
    Prediction,
    Quality,
    Record,
    Segment,
    Status,
    TruthRow,
    Value,
)


def truth(
    file: str = "a.pdf",
    fields: Mapping[str, Value | None] | None = None,
    *,
    kind: str = "invoice",
    lines: Sequence[Record] | None = None,
    group: str = "",
    **more: object,
) -> TruthRow:
    return TruthRow(
        file,
        kind,
        fields=fields or {},
        line_items=None if lines is None else tuple(lines),
        group=group,
        **more,  # type: ignore[arg-type]
    )


def predicted(
    file: str = "a.pdf",
    fields: Mapping[str, Value] | None = None,
    *,
    kind: str | None = "invoice",
    lines: Sequence[Mapping[str, str]] = (),
    status: Status = Status.COMPLETED,
    confidence: float = 0.9,
    unsure: Sequence[str] = (),
    **more: object,
) -> Prediction:
    return Prediction(
        file,
        status,
        document_type=kind,
        fields={
            name: PredictedField(value, confidence, auto_passed=name not in unsure)
            for name, value in (fields or {}).items()
        },
        line_items=tuple(PredictedRow(cells, confidence) for cells in lines),
        review_required_fields=tuple(unsure),
        **more,  # type: ignore[arg-type]
    )


def perfect(row: TruthRow) -> Prediction:
    """What a reader without a fault and without a doubt returns."""
    return Prediction(
        row.file,
        Status.COMPLETED,
        pages=row.pages,
        document_type=row.document_type,
        type_confidence=1.0,
        fields={
            name: PredictedField(value, 1.0, auto_passed=True)
            for name, value in row.fields.items()
            if value is not None
        },
        line_items=tuple(
            PredictedRow({name: cell for name, cell in item.items() if cell is not None}, 1.0)
            for item in row.line_items or ()
        ),
        segments=row.segments,
        seconds=1.0,
        page_count=1,
    )


MONEY = st.decimals(0, 9999, places=2).map(str)
TEXTS = st.text("abcdefg ABC-./123é", min_size=1, max_size=12).filter(lambda text: any(map(str.isalnum, text)))
VALUES = {
    "total_amount": MONEY,
    "invoice_date": st.dates().map(lambda day: day.isoformat()),
    "invoice_number": TEXTS,
    "vendor_name": TEXTS,
    "vendor_address": TEXTS,
}
CELLS = {"description": TEXTS, "amount": MONEY, "quantity": st.integers(1, 99).map(str)}
"""Cells of a line item. Of three columns each row has at least its amount."""


@st.composite
def rows(draw: st.DrawFn, most: int = 6) -> list[TruthRow]:
    """Truths of one-document files and of packets."""
    count = draw(st.integers(1, most))
    found = []
    for index in range(count):
        fields = {
            name: draw(st.none() | strategy) for name, strategy in VALUES.items() if draw(st.booleans(), label="has")
        }
        lines = draw(
            st.none()
            | st.lists(
                st.fixed_dictionaries(
                    {"amount": CELLS["amount"]}, optional={name: CELLS[name] for name in ("description", "quantity")}
                ),
                max_size=4,
            )
        )
        found.append(
            truth(
                f"{index}.pdf",
                fields,
                kind=draw(st.sampled_from(["invoice", "receipt", "other"])),
                lines=lines,
                group=draw(st.sampled_from(["g1", "g2", "g3", ""])),
                language=draw(st.sampled_from(["en", "de"])),
                quality=Quality(draw(st.none() | st.integers(50, 400).map(float)), "scan"),
                segments=draw(
                    st.none() | st.just((Segment((1, 2), "invoice"), Segment((3, 3), "receipt"))),
                ),
            )
        )
    return found


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[TruthRow], list[Prediction]]:
    """Truths with predictions that are right here and wrong, missing or spurious there."""
    found = draw(rows())
    predictions = []
    for row in found:
        if draw(st.integers(0, 9)) == 0:
            continue
        fields = {
            name: PredictedField(
                draw(st.just(row.fields.get(name) or "x") | strategy),
                draw(st.sampled_from([0.2, 0.5, 0.9, 0.97, 1.0])),
                auto_passed=draw(st.booleans()),
            )
            for name, strategy in VALUES.items()
            if draw(st.booleans())
        }
        true_lines = [dict(item) for item in row.line_items or ()]
        lines = [item for item in true_lines if draw(st.booleans())]
        lines += draw(st.lists(st.fixed_dictionaries({"amount": MONEY}), max_size=2))
        predictions.append(
            Prediction(
                row.file,
                draw(st.sampled_from(list(Status))),
                document_type=draw(st.sampled_from(["invoice", "receipt", "other"])),
                fields=fields,
                line_items=tuple(PredictedRow({n: c for n, c in item.items() if c}, 0.5) for item in lines),
                seconds=draw(st.none() | st.floats(0, 9)),
                page_count=draw(st.integers(1, 3)),
            )
        )
    return found, predictions
