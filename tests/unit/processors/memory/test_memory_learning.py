"""What documents teach, what unlearns it, and why a mistake cannot confirm itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.document import Page
from processors.fields import Confidence, Extraction, Field, FieldType, FieldValue, canonical_text
from processors.memory import (
    READER_NAME,
    Combined,
    Layout,
    Learnt,
    Outcome,
    Source,
    Taught,
    Trace,
    Trust,
    Verdict,
    by_correction,
    by_pass,
    by_person,
    chance,
    combine,
    decode_trace,
    encode_trace,
    find_layout,
    is_news,
    layout_from_json,
    layout_to_json,
    learn,
    new_layout,
    sketch,
    trust,
)
from processors.memory.trust import DOUBTED_AMOUNT, chance_against_reader, doubted, raised
from tests.unit.processors.memory.documents import (
    PRINTED,
    SCHEMA,
    SECOND,
    SECOND_VALUES,
    VALUES,
    confirmed,
    field,
    fields,
    invoice,
    layout_of,
    lesson,
    read,
    taught,
    values,
)

FIRST, NEXT = invoice(), invoice(SECOND)
WRONG = field("total_amount", Decimal("1335.40"), FIRST, "1.335,40")
"""A reader's mistake: the net amount for the total."""
WRONG_NEXT = field("total_amount", Decimal("84.00"), NEXT, "84,00")
RIGHT_NEXT = field("total_amount", Decimal("99.96"), NEXT, "99,96")


def without(name: str, found: Sequence[Field]) -> list[Field]:
    return [item for item in found if item.name != name]


def with_wrong_total(source: Source) -> Layout:
    """A layout that learnt the net amount as the total."""
    found = [*without("total_amount", without("subtotal", fields(FIRST))), WRONG]
    return layout_of(FIRST, found, source)


def combined(layout: Layout, on: Page, *others: Field) -> Combined:
    """The page read by ``layout``, beside what other readers read."""
    recalled = read(on, layout)
    assert recalled is not None
    return combine(Extraction(others), recalled, SCHEMA)


def outcome(found: Combined, name: str) -> Outcome:
    return next(item.outcome for item in found.verdicts if item.name == name)


# trust


def test_what_a_lesson_rests_on() -> None:
    by_reader, by_rule, by_person_ = (layout_of(FIRST, fields(FIRST), source) for source in Source)
    assert trust(by_reader.lessons["total_amount"]) is Trust.HEARSAY
    assert trust(by_rule.lessons["total_amount"]) is Trust.HEARSAY
    assert trust(by_person_.lessons["total_amount"]) is Trust.TAUGHT
    sure = replace(by_rule.lessons["total_amount"], rules=3)
    assert trust(sure) is Trust.CONFIRMED
    assert trust(replace(sure, wrong=3)) is Trust.DISCREDITED
    assert trust(replace(by_person_.lessons["total_amount"], wrong=1)) is Trust.DISCREDITED


def test_amounts_without_a_label_are_never_trusted() -> None:
    known = layout_of(FIRST, fields(FIRST)).lessons["total_amount"]
    assert trust(replace(known, place=replace(known.place, label=None), persons=9)) is Trust.HEARSAY


def test_chances_follow_the_rule_of_succession() -> None:
    known = layout_of(FIRST, fields(FIRST)).lessons["total_amount"]
    assert chance(known) == pytest.approx(2 / 3, abs=1e-4)
    assert chance(replace(known, persons=8)) == 0.9
    assert chance(replace(known, persons=8, wrong=5)) == 0.6
    assert chance_against_reader(known) == 0.5
    assert chance_against_reader(replace(known, against_reader=2)) == 0.75


@given(st.floats(0.01, 0.99), st.integers(0, 50), st.integers(0, 50))
def test_agreement_never_lowers_and_disagreement_never_raises(score: float, persons: int, wrong: int) -> None:
    known = replace(layout_of(FIRST, fields(FIRST)).lessons["total_amount"], persons=persons, wrong=wrong)
    assert 1 >= raised(score, known) >= round(score, 4) - 1e-4
    assert doubted(score, FieldType.MONEY) <= score
    assert doubted(score, FieldType.DATE) <= doubted(score, FieldType.MONEY)


# combining


def test_agreement_with_a_taught_lesson_makes_the_other_reader_surer() -> None:
    found = combined(layout_of(FIRST, fields(FIRST)), NEXT, RIGHT_NEXT)
    total = found.extraction.field("total_amount")
    assert total is not None
    assert (total.reader, total.value) == ("geometric", Decimal("99.96"))
    assert total.confidence.reader == pytest.approx(1 - 0.1 / 3, abs=1e-3)
    assert outcome(found, "total_amount") is Outcome.RAISED
    assert "vendor_memory l-1@1: agrees on total_amount" in found.extraction.notes


def test_an_amount_due_that_is_concluded_from_the_total_is_neither_added_nor_made_surer() -> None:
    owed = field("amount_due", VALUES["total_amount"], FIRST, PRINTED["total_amount"])
    layout = layout_of(FIRST, [*fields(FIRST), owed])
    due = field("amount_due", SECOND_VALUES["total_amount"], NEXT, SECOND["total_amount"])
    agreed = combined(layout, NEXT, RIGHT_NEXT, due)
    assert agreed.extraction.field("amount_due") == due
    assert outcome(agreed, "amount_due") is Outcome.AGREED
    alone = combined(layout, NEXT, RIGHT_NEXT)
    assert alone.extraction.field("amount_due") is None
    assert outcome(alone, "amount_due") is Outcome.LEFT


def test_hearsay_changes_no_value_and_makes_none_surer() -> None:
    layout = layout_of(FIRST, fields(FIRST), Source.READER)
    found = combined(layout, NEXT, RIGHT_NEXT)
    assert found.extraction.fields == (RIGHT_NEXT,)
    assert outcome(found, "total_amount") is Outcome.AGREED
    assert outcome(found, "due_date") is Outcome.LEFT


def test_hearsay_that_disagrees_sends_the_value_to_a_person() -> None:
    found = combined(with_wrong_total(Source.READER), NEXT, RIGHT_NEXT)
    total = found.extraction.field("total_amount")
    assert total is not None
    assert (total.reader, total.value) == ("geometric", Decimal("99.96"))
    assert total.confidence.reader == DOUBTED_AMOUNT
    assert outcome(found, "total_amount") is Outcome.DOUBTED


def test_a_taught_value_is_added_where_no_reader_finds_the_field() -> None:
    found = combined(layout_of(FIRST, fields(FIRST)), NEXT)
    total = found.extraction.field("total_amount")
    assert total is not None
    assert (total.reader, total.reader_version) == (READER_NAME, "l-1@1")
    assert total.confidence.reader == pytest.approx(2 / 3, abs=1e-3)
    assert values(found.extraction) == SECOND_VALUES
    assert [item.name for item in found.extraction.fields] == [
        spec.name for spec in SCHEMA.fields if spec.name in SECOND_VALUES
    ]


def test_a_person_who_overruled_a_reader_is_believed_against_it_the_next_time() -> None:
    corrected = Taught(fields(FIRST)[-1], Source.PERSON, other="1335.40", reader="geometric")
    layout = lesson(layout_of(FIRST, without("total_amount", fields(FIRST))), FIRST, corrected)
    assert layout.lessons["total_amount"].against_reader == 1
    found = combined(layout, NEXT, WRONG_NEXT)
    total = found.extraction.field("total_amount")
    assert total is not None
    assert (total.reader, total.value) == (READER_NAME, Decimal("99.96"))
    assert total.confidence.reader == pytest.approx(2 / 3, abs=1e-3)
    assert any("geometric read '84.00' instead" in note for note in found.extraction.notes)


def test_a_taught_place_that_never_beat_a_reader_does_not_overrule_a_surer_one() -> None:
    found = combined(layout_of(FIRST, fields(FIRST)), NEXT, WRONG_NEXT)
    assert outcome(found, "total_amount") is Outcome.DOUBTED
    assert values(found.extraction)["total_amount"] == Decimal("84.00")


def test_an_e_invoice_is_never_gainsaid() -> None:
    xml = replace(WRONG_NEXT, reader="einvoice")
    found = combined(layout_of(FIRST, fields(FIRST)), NEXT, xml)
    assert found.extraction.field("total_amount") == xml
    assert outcome(found, "total_amount") is Outcome.LEFT


def test_another_tax_id_than_the_vendor_always_had_goes_to_a_person() -> None:
    forged = {**SECOND, "vendor_tax_id": "DE999999999"}
    on = invoice(forged)
    other = field("vendor_tax_id", "DE999999999", on, "DE999999999", score=0.99)
    for source, seen in ((Source.PERSON, Outcome.DOUBTED), (Source.READER, None)):
        found = combined(layout_of(FIRST, fields(FIRST), source), on, other)
        assert next((item.outcome for item in found.verdicts if item.name == "vendor_tax_id"), None) is seen
        kept = found.extraction.field("vendor_tax_id")
        assert kept is not None
        assert kept.value == "DE999999999"
        assert (kept.confidence.reader == 0.99) is (seen is None)
    same = combined(layout_of(FIRST, fields(FIRST)), NEXT, field("vendor_tax_id", "DE123456789", NEXT, "DE123456789"))
    assert outcome(same, "vendor_tax_id") is Outcome.RAISED


# who may teach


def test_a_pass_teaches_nothing_unless_figures_confirm_its_total() -> None:
    assert by_pass(fields(FIRST), ()) == ()
    sums = [confirmed(item) if item.type is FieldType.MONEY else item for item in fields(FIRST)]
    found = {item.field.name: item.source for item in by_pass(sums, ())}
    assert found["total_amount"] is Source.RULE
    assert found["invoice_number"] is Source.READER


def test_what_the_memory_read_never_teaches_it() -> None:
    mine = [replace(confirmed(item), reader=READER_NAME) for item in fields(FIRST)]
    assert by_pass(mine, ()) == ()


def test_figures_do_not_confirm_where_the_memory_gave_one_of_them() -> None:
    sums = [confirmed(item) if item.type is FieldType.MONEY else item for item in fields(FIRST)]
    sums[-2] = replace(sums[-2], reader=READER_NAME)
    found = {item.field.name: item.source for item in by_pass(sums, ())}
    assert found["total_amount"] is Source.READER
    assert "tax_amount" not in found


def test_what_passed_with_the_memorys_help_does_not_teach_it() -> None:
    sums = [confirmed(item) if item.type is FieldType.MONEY else item for item in fields(FIRST)]
    helped = Verdict("invoice_number", "2024-00317", "2024-00317", "geometric", Outcome.RAISED)
    names = {item.field.name for item in by_pass(sums, [helped])}
    assert "invoice_number" not in names
    assert "due_date" in names


def test_a_value_of_the_memory_that_a_rule_failed_on_is_a_contradiction() -> None:
    used = Verdict("due_date", "2024-03-28", None, None, Outcome.ADDED)
    unused = replace(used, name="invoice_date", outcome=Outcome.AGREED)
    [broken] = by_pass(fields(FIRST), [used, unused], failed=["due_date", "invoice_date"])
    assert (broken.field.name, broken.missing, broken.source) == ("due_date", True, Source.RULE)


def test_a_person_vouches_for_what_was_asked_about_and_for_what_nobody_had_read() -> None:
    before = [*without("invoice_date", fields(FIRST)[:-1]), WRONG]
    found = {item.field.name: item.source for item in by_person(fields(FIRST), before, (), {"subtotal"})}
    assert found["subtotal"] is Source.PERSON
    assert found["total_amount"] is Source.PERSON, "its value is another than the reader's"
    assert found["invoice_date"] is Source.PERSON, "no reader had it"
    assert found["due_date"] is Source.READER


def test_a_value_of_the_memory_that_a_person_took_out_is_a_contradiction() -> None:
    used = Verdict("due_date", "2024-03-28", None, None, Outcome.WON)
    found = by_person(without("due_date", fields(FIRST)), fields(FIRST), [used], set())
    assert [(item.field.name, item.missing, item.source) for item in found if item.missing] == [
        ("due_date", True, Source.PERSON)
    ]


def test_what_a_person_changed_says_which_reader_was_wrong() -> None:
    [only] = by_person([fields(FIRST)[-1]], [WRONG], (), {"total_amount"})
    assert (only.other, only.reader) == ("1335.40", "geometric")


def corrected(name: str, value: FieldValue | None) -> Field:
    """A value as a person types it."""
    spec = SCHEMA.field(name)
    assert spec is not None
    return Field(name, spec.type, value, "", (), Confidence(1.0), "person", "")


def test_one_correction_without_evidence_teaches_where_the_page_prints_the_value_once() -> None:
    drawn, before = sketch([FIRST], "invoice"), fields(FIRST)[:2]
    found = by_correction(corrected("due_date", date(2024, 3, 28)), None, before, (), drawn)
    assert [(item.field.name, item.source) for item in found] == [
        ("due_date", Source.PERSON),
        ("vendor_tax_id", Source.READER),
        ("vendor_name", Source.READER),
    ]
    layout = new_layout("l-1", drawn, found)
    assert layout is not None
    assert layout.lessons["due_date"].persons == 1
    assert values(read(NEXT, layout))["due_date"] == date(2024, 11, 16)


def test_a_value_that_the_page_prints_twice_has_no_place() -> None:
    [found] = by_correction(corrected("subtotal", Decimal("42.00")), None, (), (), sketch([FIRST], "invoice"))
    assert found.field.evidence == ()


def test_a_confirmation_keeps_the_evidence_that_was_shown() -> None:
    shown = fields(FIRST)[5]
    [found] = by_correction(corrected("due_date", shown.value), shown, (), (), sketch([FIRST], "invoice"))
    assert found.field == shown


def test_a_correction_to_nothing_contradicts() -> None:
    drawn = sketch([FIRST], "invoice")
    [found] = by_correction(corrected("due_date", None), fields(FIRST)[5], (), (), drawn)
    assert found.missing
    assert by_correction(corrected("due_date", None), None, (), (), drawn) == ()


# learning and unlearning


def test_lessons_of_one_place_add_up() -> None:
    layout = lesson(layout_of(FIRST, fields(FIRST)), NEXT, *taught(fields(NEXT, SECOND, SECOND_VALUES)))
    total = layout.lessons["total_amount"]
    assert (layout.revision, layout.documents, total.persons, total.wrong) == (2, 2, 2, 0)
    assert layout.lessons["vendor_name"].text == ("musterbau gmbh",)
    assert layout.lessons["customer_name"].text == (), "it differs from document to document"
    assert "kunden" not in {word.key for word in lesson(layout, NEXT).words}, "what few documents have is no part"


def test_a_wrong_lesson_is_unlearned_by_a_persons_correction() -> None:
    for source in (Source.READER, Source.RULE):
        wrong = with_wrong_total(source)
        assert values(read(NEXT, wrong))["total_amount"] == Decimal("84.00")
        right = Taught(RIGHT_NEXT, Source.PERSON, other="84.00", reader="geometric", memory="84.00")
        mended = lesson(wrong, NEXT, right)
        assert values(read(FIRST, mended))["total_amount"] == VALUES["total_amount"]
        assert trust(mended.lessons["total_amount"]) is Trust.TAUGHT


def test_persons_who_differ_discredit_the_place_until_one_of_them_is_borne_out() -> None:
    mended = lesson(with_wrong_total(Source.PERSON), NEXT, Taught(RIGHT_NEXT, Source.PERSON, memory="84.00"))
    assert trust(mended.lessons["total_amount"]) is Trust.DISCREDITED
    assert combined(mended, NEXT, WRONG_NEXT).extraction.field("total_amount") == WRONG_NEXT, "it says nothing"
    again = lesson(mended, FIRST, Taught(fields(FIRST)[-1], Source.PERSON, memory="1589.13"))
    assert trust(again.lessons["total_amount"]) is Trust.TAUGHT


def test_figures_unlearn_what_a_reader_taught_but_not_what_a_person_did() -> None:
    contradiction = Taught(RIGHT_NEXT, Source.RULE, memory="84.00")
    assert (
        values(read(FIRST, lesson(with_wrong_total(Source.READER), NEXT, contradiction)))["total_amount"]
        == (VALUES["total_amount"])
    )
    kept = lesson(with_wrong_total(Source.PERSON), NEXT, contradiction).lessons["total_amount"]
    assert (kept.persons, kept.wrong) == (1, 1)
    assert trust(kept) is Trust.DISCREDITED


def test_a_lesson_contradicted_more_often_than_borne_out_is_forgotten() -> None:
    layout = layout_of(FIRST, fields(FIRST))
    gone = Taught(fields(FIRST)[5], Source.RULE, memory="2024-03-28", missing=True)
    once = lesson(layout, FIRST, gone)
    assert once.lessons["due_date"].wrong == 1
    assert "due_date" not in lesson(once, FIRST, gone).lessons


def test_an_early_mistake_of_a_reader_does_not_confirm_itself() -> None:
    """The reader always takes the invoice's date for the due date, and every document passes, its sums confirmed."""

    def as_read(on: Page, printed: dict[str, str], right: dict[str, FieldValue]) -> list[Field]:
        mistake = field("due_date", right["invoice_date"], on, printed["invoice_date"])
        sound = [*without("due_date", fields(on, printed, right)), mistake]
        return [confirmed(item) if item.type is FieldType.MONEY else item for item in sound]

    founded = lecture(FIRST, by_pass(as_read(FIRST, PRINTED, VALUES), ()))
    assert founded is not None
    layout = founded.layout
    for _ in range(20):
        found = combined(layout, NEXT, *as_read(NEXT, SECOND, SECOND_VALUES))
        assert outcome(found, "due_date") is Outcome.AGREED
        passed = found.extraction.field("due_date")
        assert passed is not None
        assert passed.confidence.value == 0.9, "agreement made it no surer"
        again = lecture(NEXT, by_pass(found.extraction.fields, found.verdicts), layout)
        layout = layout if again is None else again.layout
    mistaken = layout.lessons["due_date"]
    assert (trust(mistaken), mistaken.readers, mistaken.rules) == (Trust.HEARSAY, ("geometric",), 0)
    right = field("due_date", SECOND_VALUES["due_date"], NEXT, SECOND["due_date"])
    corrected = Taught(right, Source.PERSON, "2024-11-02", "geometric", "2024-11-02")
    mended = lesson(layout, NEXT, corrected)
    assert values(read(FIRST, mended))["due_date"] == VALUES["due_date"], "one correction outweighs them all"
    assert outcome(combined(mended, FIRST, *as_read(FIRST, PRINTED, VALUES)), "due_date") is Outcome.WON


# one lesson from beginning to end


def lecture(
    on: Page, items: Sequence[Taught], *layouts: Layout, known: dict[str, Source] | None = None
) -> Learnt | None:
    trace = Trace(sketch([on], "invoice"), layout=layouts[0] if layouts else None)
    mine = layouts[0].layout_id if known and layouts else None
    return learn(trace, items, layouts, known or {}, mine, "new")


def test_a_document_founds_a_layout_and_the_next_one_joins_it() -> None:
    founded = lecture(FIRST, taught(fields(FIRST)))
    assert founded is not None
    assert (founded.layout.layout_id, founded.layout.revision, founded.layout.vendor) == ("new", 1, "Musterbau GmbH")
    joined = lecture(NEXT, taught(fields(NEXT, SECOND, SECOND_VALUES)), founded.layout)
    assert joined is not None
    assert (joined.layout.layout_id, joined.layout.revision) == ("new", 2)


def test_readers_words_alone_found_no_layout() -> None:
    assert lecture(FIRST, taught(fields(FIRST), Source.READER)) is None
    assert lecture(FIRST, taught(without("vendor_name", fields(FIRST))[1:])) is None, "nobody knows whose it is"


def test_a_document_teaches_once_on_each_word() -> None:
    layout = layout_of(FIRST, fields(FIRST))
    known = {item.name: Source.RULE for item in fields(FIRST)}
    assert lecture(FIRST, taught(fields(FIRST), Source.RULE), layout, known=known) is None
    again = lecture(FIRST, taught(fields(FIRST)), layout, known=known)
    assert again is not None
    assert again.layout.documents == layout.documents, "it is the same document"
    assert again.layout.lessons["total_amount"].persons == 2


def test_many_documents_in_agreement_teach_nothing_new() -> None:
    layout = replace(layout_of(FIRST, fields(FIRST)), documents=50)
    agreeing = [
        replace(item, memory=canonical_text(item.field.value, item.field.type))
        for item in taught(fields(FIRST), Source.RULE)
    ]
    assert lecture(FIRST, agreeing, layout) is None
    assert is_news(replace(layout, documents=3), agreeing)
    assert is_news(layout, [replace(agreeing[0], memory="another")]), "a contradiction always counts"
    assert is_news(layout, [replace(agreeing[0], memory=None)])
    assert lecture(FIRST, taught(fields(FIRST)), layout) is not None, "and so does a person's word"


def test_the_confirmed_vendor_decides_whose_layout_it_is() -> None:
    """Another vendor's document that was taken for this vendor's founds a layout of its own, and harms nothing."""
    other = {**SECOND, "vendor_name": "Nordlicht Elektro KG", "vendor_tax_id": "DE987654321"}
    theirs = {**SECOND_VALUES, "vendor_name": "Nordlicht Elektro KG", "vendor_tax_id": "DE987654321"}
    layout = layout_of(FIRST, fields(FIRST))
    items = taught(fields(invoice(other), other, theirs))
    assert find_layout([layout], sketch([invoice(other)], "invoice"), items) is None
    found = lecture(invoice(other), items, layout)
    assert found is not None
    assert found.layout.layout_id == "new"


def test_a_wrong_vendor_is_corrected_where_it_was_learnt() -> None:
    """The reader takes the customer for the vendor; the person's word mends that layout and founds no other."""
    mistaken = [field("vendor_name", "Kunden AG", FIRST, "Kunden AG"), fields(FIRST)[-1]]
    layout = layout_of(FIRST, mistaken, Source.RULE)
    again = invoice({**SECOND, "customer_name": "Kunden AG"})
    assert values(read(again, layout))["vendor_name"] == "Kunden AG"
    right = field("vendor_name", "Musterbau GmbH", again, "Musterbau GmbH")
    found = lecture(again, [Taught(right, Source.PERSON, "Kunden AG", "geometric", "Kunden AG")], layout)
    assert found is not None
    assert found.layout.layout_id == layout.layout_id
    assert found.layout.lessons["vendor_name"].text == ("musterbau gmbh",)
    assert found.layout.vendor == "Musterbau GmbH"


# files


def test_layouts_and_traces_come_back_as_they_were() -> None:
    layout = lesson(layout_of(FIRST, fields(FIRST)), NEXT, *taught(fields(NEXT, SECOND, SECOND_VALUES)))
    assert layout_from_json(layout_to_json(layout)) == layout
    verdict = Verdict("total_amount", "99.96", None, None, Outcome.ADDED)
    read_then = tuple(_as_kept(item) for item in fields(FIRST))
    trace = Trace(sketch([FIRST], "invoice"), read_then, layout, (verdict,))
    assert decode_trace(encode_trace(trace)) == trace
    assert encode_trace(trace) == encode_trace(trace)


def _as_kept(item: Field) -> Field:
    """A trace keeps of evidence the words, and of confidence the reader's."""
    [cited] = item.evidence
    return replace(item, evidence=(replace(cited, box=None),), confidence=Confidence(0.9, reader=0.9))


@given(st.binary(max_size=200))
def test_other_bytes_are_no_trace(data: bytes) -> None:
    with pytest.raises(ValueError, match="trace"):
        decode_trace(data)


def test_printed_values_are_what_the_tests_say() -> None:
    assert values(Extraction(tuple(fields(FIRST, PRINTED, VALUES)))) == VALUES
