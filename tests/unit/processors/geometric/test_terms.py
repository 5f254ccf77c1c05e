"""Terms of payment: where their sentence begins and ends."""

import pytest

from processors.reading.geometric import GeometricReader
from tests.unit.processors.geometric.page_builder import Placed, page, reading

HEAD: list[Placed] = [
    (72, 60, "Acme Trading Ltd"),
    (72, 74, "17 Mill Road, Leeds LS1 4AB"),
    (360, 60, "Invoice No. 2024-0317"),
    (360, 74, "Invoice Date: 14 March 2024"),
]


def terms(*lines: Placed) -> str | None:
    extraction = GeometricReader().read(reading("invoice", page([*HEAD, *lines])))
    assert extraction is not None
    return next((str(field.value) for field in extraction.fields if field.name == "payment_terms"), None)


@pytest.mark.parametrize(
    "sentence",
    [
        "Net 30",
        "Net 30 days",
        "30 days from date of invoice",
        "Strictly 20 days from date of invoice, 3% discount if paid within 7 days",
        "Payment is due within 30 days.",
        "30 Tage netto, 8 Tage 3 % Skonto",
        "Zahlbar innerhalb von 14 Tagen ohne Abzug",
        "Bei Zahlung innerhalb 14 Tagen gewähren wir 2,0% Skonto.",
        "Paiement à 30 jours, Escompte de 3 % pour paiement sous 10 jours",
        "Transferencia a 20 días",
        "Bonifico bancario 60 gg d.f.",
        "Binnen 30 dagen na factuurdatum",
        "Transferência a 30 dias",
    ],
)
def test_a_sentence_beside_its_label_below_it_or_alone(sentence: str) -> None:
    assert terms((72, 300, f"Payment Terms: {sentence}")) == sentence
    assert terms((72, 300, "Payment Terms:"), (360, 300, sentence)) == sentence
    assert terms((72, 300, "Payment Terms"), (72, 313, sentence)) == sentence
    assert terms((72, 300, sentence)) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "Returns are accepted within 14 days in original packaging.",
        "Reclames binnen 8 dagen na ontvangst.",
        "Reklamationen bitte innerhalb von 8 Tagen nach Erhalt der Ware.",
        "A late fee of 1.5% per month applies to overdue balances.",
        "Recipient has 30 days from date of issue to render queries.",
        "Net Total 1,335.40",
    ],
)
def test_what_speaks_of_other_days_is_none(text: str) -> None:
    assert terms((72, 300, text)) is None


def test_a_sentence_that_was_broken_goes_on_and_ends_with_its_last_word() -> None:
    assert (
        terms(
            (72, 300, "Zahlungsbedingungen: Zahlbar innerhalb 30 Tagen netto bis 04.07.2018, 3%"),
            (72, 313, "Skonto innerhalb 10 Tagen bis 15.06.2018"),
            (72, 326, "Die Ware bleibt bis zur Bezahlung unser Eigentum."),
        )
        == "Zahlbar innerhalb 30 Tagen netto bis 04.07.2018, 3% Skonto innerhalb 10 Tagen bis 15.06.2018"
    )


def test_a_line_of_another_column_between_two_lines_breaks_no_sentence() -> None:
    assert (
        terms(
            (72, 300, "Zahlungsbedingungen: Der Rechnungsbetrag wurde bereits"),
            (400, 307, "03.10.2018"),
            (72, 314, "beglichen."),
        )
        == "Der Rechnungsbetrag wurde bereits beglichen."
    )


def test_an_indented_first_line_goes_on_further_left() -> None:
    assert (
        terms(
            (72, 300, "Zahlungsbedingungen:"),
            (90, 314, "Der Rechnungsbetrag wird am 14.03.2024 von der"),
            (72, 325, "Kreditkarte abgebucht."),
        )
        == "Der Rechnungsbetrag wird am 14.03.2024 von der Kreditkarte abgebucht."
    )


def test_half_a_sentence_is_hardly_worth_reading() -> None:
    placed: list[Placed] = [*HEAD, (72, 300, "Payment Terms: Payment is due within 30 days from the")]
    extraction = GeometricReader().read(reading("invoice", page(placed)))
    assert extraction is not None
    [found] = [field for field in extraction.fields if field.name == "payment_terms"]
    assert found.confidence.reader is not None
    assert found.confidence.reader < 0.5


def test_words_with_a_colon_belong_to_the_sentence_unless_they_are_a_known_label() -> None:
    sentence = "Skontovereinbarung: 2% bei Zahlung innerhalb 10 Tagen nach Rechnungsdatum"
    assert terms((72, 300, sentence)) == sentence
    assert terms((72, 300, "Forma de pago: Transferencia a 20 días")) == "Transferencia a 20 días"


@pytest.mark.parametrize(
    "text", ["Zahlung: netto 30 Tage", "Forma de pago: Neto 30 días", "Pagamento: Netto 30 giorni"]
)
def test_a_label_right_behind_a_label_is_a_word_of_the_sentence(text: str) -> None:
    assert terms((72, 300, text)) == text.partition(": ")[2]


def test_a_sentence_of_its_own_on_the_next_line_is_another_one() -> None:
    assert terms((72, 300, "Terms: Net 30"), (72, 313, "A late fee of 1.5% per month applies.")) == "Net 30"
    assert terms((72, 300, "Terms: 10 dagen netto"), (72, 313, "Btw verlegd.")) == "10 dagen netto"


def test_the_words_of_another_label_end_it() -> None:
    assert terms((72, 300, "Terms: Net 30 Due Date: 13 April 2024")) == "Net 30"


def test_a_day_is_no_sentence() -> None:
    assert terms((72, 300, "Zahlungsbedingungen"), (72, 313, "28. Juli 2024")) is None


def test_whatever_a_label_of_payment_introduces_are_its_terms() -> None:
    assert terms((72, 300, "Terms of payment: Credited to your account")) == "Credited to your account"
    assert terms((72, 300, "Terms"), (72, 313, "Thank you for your order")) is None
