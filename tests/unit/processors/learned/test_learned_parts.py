"""Trees, words, weights and choosing together."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.geometry import Box
from processors.reading.geometric.document import DocumentView
from processors.reading.geometric.invoice import InvoiceStudy, study_invoice
from processors.reading.geometric.parties import Party
from processors.reading.geometric.view import Segment, Token, span_of
from processors.reading.learned.around import Around, Surroundings
from processors.reading.learned.columns import BY_KIND, COMMON, OWN, columns
from processors.reading.learned.context import Context
from processors.reading.learned.decode import Option, decode
from processors.reading.learned.forest import forest_of
from processors.reading.learned.found import KIND_OF, NAMED, Found, Kind, find_all
from processors.reading.learned.model import ModelError, load_model, packaged_model, save_model
from processors.reading.learned.reader import best_places
from processors.reading.learned.scene import Scene
from processors.reading.learned.words import BUCKETS, hashed
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, page

# --- trees -----------------------------------------------------------------------------------------------------------

TREE = {
    "split_feature": 1,
    "threshold": 0.5,
    "left_child": {"leaf_value": -1.0},
    "right_child": {
        "split_feature": 0,
        "threshold": 2.0,
        "left_child": {"leaf_value": 0.25},
        "right_child": {"leaf_value": 3.0},
    },
}


def test_a_forest_adds_up_its_trees() -> None:
    forest = forest_of([TREE, {"leaf_value": 0.5}])
    rows = np.array([[0, 0.5], [2, 0.6], [2.1, 9]], np.float32)
    assert forest.log_odds(rows).tolist() == [-0.5, 0.75, 3.5]


def test_no_rows_have_no_scores() -> None:
    assert forest_of([TREE]).log_odds(np.zeros((0, 2), np.float32)).shape == (0,)


@given(st.lists(st.tuples(st.floats(-9, 9, width=32), st.floats(-9, 9, width=32)), min_size=1, max_size=20))
def test_a_forest_walks_like_a_person(rows: list[tuple[float, float]]) -> None:
    expected = [-1.0 if second <= 0.5 else 0.25 if first <= 2.0 else 3.0 for first, second in rows]
    assert forest_of([TREE]).log_odds(np.array(rows, np.float32)).tolist() == expected


# --- words -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=12), max_size=4), st.lists(st.text(max_size=12), max_size=4))
def test_words_fall_into_buckets(left: list[str], above: list[str]) -> None:
    found = hashed(Around((), tuple(left), tuple(above)))
    assert list(found) == sorted(set(found))
    assert all(0 <= bucket < BUCKETS for bucket in found)


def test_a_word_with_a_letter_read_wrong_shares_pieces_with_the_right_one() -> None:
    right = set(hashed(Around((), ("rechnungsnummer",), ())))
    wrong = set(hashed(Around((), ("rechnungsnurnmer",), ())))
    other = set(hashed(Around((), ("lieferdatum",), ())))
    assert len(right & wrong) > 6 > len(right & other)


# --- candidates and features -----------------------------------------------------------------------------------------


def _study() -> InvoiceStudy:
    return study_invoice(DocumentView([page(GERMAN_INVOICE)]))


def test_every_value_of_an_invoice_is_a_candidate() -> None:
    found = find_all(_study())
    assert {Decimal("1335.40"), Decimal("253.73"), Decimal("1589.13")} <= {item.value for item in found[Kind.AMOUNT]}
    assert {date(2024, 3, 14), date(2024, 3, 28)} <= {item.value for item in found[Kind.DATE]}
    assert "202400317" in {item.value for item in found[Kind.IDENTIFIER]}
    assert {"musterbaugmbh", "kundenag"} <= {item.value for item in found[Kind.NAME]}


def test_candidates_are_in_reading_order_and_none_comes_twice() -> None:
    for group in find_all(_study()).values():
        places = [(item.segment.sheet, item.segment.index, item.start) for item in group]
        assert places == sorted(places)
        assert len({item.key for item in group}) == len(group)


def test_line_items_are_no_candidates() -> None:
    assert Decimal("1250.00") not in {item.value for item in find_all(_study())[Kind.AMOUNT]}


def test_the_parts_of_a_sum_are_known() -> None:
    study = _study()
    context = Context(study, find_all(study))
    assert context.role(Decimal("1589.13")).total
    assert context.role(Decimal("-1335.40")).net
    assert context.role(Decimal("253.73")).tax
    assert context.role(Decimal("253.73")).rated
    assert not context.role(Decimal("1250.00")).total
    assert context.item_sum == Decimal("1335.40")


def test_what_stands_left_of_a_candidate_is_its_label() -> None:
    study = _study()
    number = next(item for item in find_all(study)[Kind.IDENTIFIER] if item.value == "202400317")
    around = Surroundings(study.view).of(number)
    assert around.left[0] in {"rechnungsnr", "nr", "rechnungsnummer"}
    assert any(claim.meaning == "invoice_number" for claim in around.claims)


@pytest.mark.parametrize("name", KIND_OF)
def test_rows_have_a_number_for_every_column(name: str) -> None:
    scene = Scene(_study())
    rows = scene.rows(name, np.zeros(len(scene.group(name).found), np.float32))
    assert rows.shape == (len(scene.group(name).found), len(columns(KIND_OF[name])))
    assert np.isfinite(rows).all()


def test_columns_have_names_of_their_own() -> None:
    for kind in BY_KIND:
        assert len(columns(kind)) == len({*(f"c.{n}" for n in COMMON), *BY_KIND[kind], *OWN})


# --- weights ---------------------------------------------------------------------------------------------------------


def test_the_packaged_weights_know_every_scored_field_and_are_small() -> None:
    from processors.reading.learned.model import PACKAGED

    assert set(packaged_model().fields) == set(KIND_OF)
    assert PACKAGED.stat().st_size < 2_000_000


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    model = packaged_model()
    save_model(model, tmp_path / "a.npz")
    again = load_model(tmp_path / "a.npz")
    save_model(again, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    scene = Scene(_study())
    for name, weights in model.fields.items():
        assert scene.scores(name, weights).tolist() == scene.scores(name, again.fields[name]).tolist()


def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"weights\.npz: is no file of weights"):
        load_model(path)
    np.savez(path, other=np.zeros(1))
    with pytest.raises(ModelError, match="is no file of weights"):
        load_model(path)


def test_weights_for_other_features_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_model(packaged_model(), tmp_path / "weights.npz")
    monkeypatch.setitem(BY_KIND, Kind.DATE, (*BY_KIND[Kind.DATE], "weekday"))
    with pytest.raises(ModelError, match="was trained on other features"):
        load_model(tmp_path / "weights.npz")


# --- choosing together -----------------------------------------------------------------------------------------------


def _option(number: int, value: object, worth: float) -> Option:
    token = Token(number, str(value), str(value), Box(0, 12.0 * number, 50, 12.0 * number + 10))
    segment = Segment(0, number, number, (token,), token.box)
    return Option(Found(Kind.AMOUNT, span_of(segment, 0, 1), value, segment, 0, 1), 0.9, worth)


def _values(chosen: dict[str, Option]) -> dict[str, object]:
    return {name: option.found.value for name, option in chosen.items()}


def _decode(options: dict[str, list[Option]], *, owed: bool = False) -> dict[str, object]:
    return _values(decode(options, study_invoice(DocumentView([page([(50, 50, "Rechnung")])])), owed=owed))


def test_sums_that_add_up_beat_a_likelier_total_that_does_not() -> None:
    net, tax = _option(1, Decimal("100.00"), 3.0), _option(2, Decimal("10.00"), 3.0)
    right, due = _option(3, Decimal("110.00"), 0.5), _option(4, Decimal("610.00"), 1.5)
    chosen = _decode({"subtotal": [net], "tax_amount": [tax], "total_amount": [due, right]})
    assert chosen["total_amount"] == Decimal("110.00")


def test_a_sum_that_is_not_printed_is_never_made_up() -> None:
    chosen = _decode({"subtotal": [_option(1, Decimal(100), 3.0)], "tax_amount": [_option(2, Decimal(19), 3.0)]})
    assert set(chosen) == {"subtotal", "tax_amount"}


def test_one_print_is_not_two_sums() -> None:
    only = _option(1, Decimal("100.00"), 2.0)
    assert len(_decode({"subtotal": [only], "total_amount": [only]})) == 1


def test_what_is_worth_less_than_nothing_is_left_out() -> None:
    assert _decode({"invoice_number": [_option(1, "a1", -0.1)]}) == {}


def test_a_due_date_is_not_before_the_invoice_date() -> None:
    issued = _option(1, date(2024, 3, 14), 2.0)
    early, late = _option(2, date(2024, 3, 1), 1.0), _option(3, date(2024, 4, 13), 0.5)
    chosen = _decode({"invoice_date": [issued], "due_date": [early, late]})
    assert chosen == {"invoice_date": date(2024, 3, 14), "due_date": date(2024, 4, 13)}


def test_the_vendor_is_not_the_customer() -> None:
    one, again, other = _option(1, "ACME", 3.0), _option(2, "Acme", 2.0), _option(3, "Bolt Ltd", 0.5)
    assert _decode({"vendor_name": [one], "customer_name": [again, other]})["customer_name"] == "Bolt Ltd"


def test_an_invoice_owes_its_total_and_a_credit_note_does_not() -> None:
    total = {"total_amount": [_option(1, Decimal("119.00"), 2.0)]}
    assert _decode(total, owed=True) == {"total_amount": Decimal("119.00"), "amount_due": Decimal("119.00")}
    assert set(_decode(total)) == {"total_amount"}


def test_what_was_paid_before_keeps_the_total_from_being_due() -> None:
    lines = [(50, 50, "Rechnung"), (50, 100, "Bereits gezahlt:"), (300, 100, "50,00 EUR")]
    study = study_invoice(DocumentView([page(lines)]))
    total = _option(1, Decimal("119.00"), 2.0)
    assert "prepaid_amount" in study.sums.offered
    assert set(decode({"total_amount": [total]}, study, owed=True)) == {"total_amount"}


def test_another_amount_printed_as_due_keeps_the_total_from_being_due() -> None:
    lines = [(50, 50, "Rechnung"), (50, 100, "Zahlbetrag:"), (300, 100, "69,00 EUR")]
    study = study_invoice(DocumentView([page(lines)]))
    assert "amount_due" in study.sums.offered
    total = _option(1, Decimal("119.00"), 2.0)
    assert set(decode({"total_amount": [total]}, study, owed=True)) == {"total_amount"}


def _block(number: int, name: str, worth: float) -> tuple[Option, Option]:
    """A name and the address under it, as options."""
    named = _option(number, name, worth)
    street = _option(number + 1, f"{number} High Street", worth)
    party = Party(named.found.span, street.found.span, 0.5, named.found.span.box, 0)
    return replace(named, found=replace(named.found, party=party)), replace(
        street, found=replace(street.found, party=party)
    )


def test_an_address_is_that_of_its_own_party() -> None:
    acme, acme_street = _block(1, "ACME", 3.0)
    bolt, bolt_street = _block(5, "Bolt Ltd", 2.0)
    rival = replace(bolt_street, worth=acme_street.worth + 0.5)
    chosen = _decode(
        {
            "vendor_name": [acme],
            "customer_name": [bolt],
            "vendor_address": [rival, acme_street],
            "customer_address": [bolt_street],
        }
    )
    assert chosen["vendor_address"] == "1 High Street"
    assert chosen["customer_address"] == "5 High Street"


def test_a_label_that_says_customer_name_beats_the_head_of_the_block_billed_to() -> None:
    lines = [
        (50, 40, "Contoso Ltd"),
        (50, 54, "1 Mill Lane"),
        (50, 68, "LS1 4AP Leeds"),
        (350, 100, "Customer name: Northwind Corporation"),
        (50, 200, "Bill to:"),
        (50, 214, "Northwind Finance"),
        (50, 228, "5 High Street"),
        (50, 242, "LS2 5BQ Leeds"),
    ]
    names = find_all(study_invoice(DocumentView([page(lines)])))[Kind.NAME]
    named = {str(item.value): NAMED in item.sections for item in names if "customer_section" in item.sections}
    assert named == {"northwindcorporation": True, "northwindfinance": False}


def test_no_invoice_is_due_much_later_than_half_a_year_after_its_date() -> None:
    issued, far = _option(1, date(2024, 3, 14), 5.0), _option(2, date(2025, 5, 31), 4.0)
    assert _decode({"invoice_date": [issued], "due_date": [far]}) == {"invoice_date": date(2024, 3, 14)}


def test_a_net_amount_that_is_the_whole_total_leaves_no_room_for_tax() -> None:
    gross, net = _option(1, Decimal("4904.94"), 4.0), _option(2, Decimal("4053.67"), 0.0)
    tax, total = _option(3, Decimal("851.27"), 4.0), _option(4, Decimal("4904.94"), 4.0)
    chosen = _decode({"subtotal": [gross, net], "tax_amount": [tax], "total_amount": [total]})
    assert chosen["subtotal"] == Decimal("4053.67")


def test_a_charge_is_no_tax_that_it_takes_back() -> None:
    lines = [(50, 50, "Rechnung"), (50, 100, "Versandkosten:"), (300, 100, "48,00 EUR")]
    study = study_invoice(DocumentView([page(lines)]))
    assert "charge_total" in study.sums.offered
    whole, again = _option(1, Decimal("345.64"), 3.0), _option(2, Decimal("345.64"), 3.0)
    charge = _option(3, Decimal("48.00"), 0.5)
    options = {"subtotal": [whole], "tax_amount": [charge], "total_amount": [again]}
    assert set(decode(options, study, owed=False)) == {"subtotal", "total_amount"}


def test_a_value_printed_often_leaves_room_for_others() -> None:
    found = [_option(number, Decimal(number // 5), 0.0).found for number in range(7)]
    assert best_places(found, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]) == [0, 1, 5, 6]


LETTERHEADS = [
    (50, 40, "Acme Ltd"),
    (50, 54, "1 Mill Lane"),
    (50, 68, "LS1 4AP Leeds"),
    (50, 82, "Tel.: 0113 496 0394"),
    (50, 96, "office@acme.example"),
    (350, 40, "Bolt Ltd"),
    (350, 54, "5 High Street"),
    (350, 68, "LS2 5BQ Leeds"),
    (350, 82, "Your VAT No: GB975045502"),
]


def test_what_stands_under_a_name_tells_whose_it_is() -> None:
    scene = Scene(study_invoice(DocumentView([page(LETTERHEADS)])))
    group = scene.group("vendor_name")
    places = [columns(Kind.NAME).index(name) for name in ("contacts", "customers_contacts")]
    said = {
        str(found.value): tuple(row[place] for place in places)
        for found, row in zip(group.found, group.shared, strict=True)
    }
    assert (said["acmeltd"], said["boltltd"]) == ((2.0, 0.0), (0.0, 1.0))


def test_a_name_over_two_lines_is_no_candidate_without_its_legal_form() -> None:
    lines = [(50, 40, "Brandt Gartenbau GmbH &"), (50, 54, "Co. KG"), (50, 68, "Am Markt 5"), (50, 82, "10115 Berlin")]
    names = {item.value for item in find_all(study_invoice(DocumentView([page(lines)])))[Kind.NAME]}
    assert "brandtgartenbaugmbhcokg" in names
    assert "brandtgartenbaugmbh" not in names


def test_what_is_due_is_no_tax_and_may_be_the_total() -> None:
    total, balance = _option(1, Decimal("56.00"), 3.0), _option(2, Decimal("0.00"), 2.0)
    chosen = _decode({"tax_amount": [replace(balance, worth=1.0)], "total_amount": [total], "amount_due": [balance]})
    assert chosen == {"total_amount": Decimal("56.00"), "amount_due": Decimal("0.00")}
    assert set(_decode({"total_amount": [total], "amount_due": [total]})) == {"total_amount", "amount_due"}
