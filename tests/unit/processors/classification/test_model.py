"""The packaged weights, and pages of types and languages that no real document of training has."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from processors.classification import DocumentType, classify_text
from processors.classification.boundary import TREES
from processors.classification.features import DENSE, TYPES, page_features
from processors.classification.figures import NAMES
from processors.classification.lexicon import phrases
from processors.classification.model import WEIGHTS, load_weights, packaged_weights, probabilities, save_weights
from tests.unit.processors.geometric.page_builder import GERMAN_INVOICE, page

DOCS = Path(__file__).resolve().parents[4] / "docs" / "classification.md"

PROBES: dict[str, tuple[DocumentType, list[str]]] = {
    "an English order": (DocumentType.PURCHASE_ORDER, [
        "Acme Industrial Ltd", "PURCHASE ORDER", "PO Number: 45001234", "Date: 12 March 2024", "Vendor",
        "Bolt & Nut Supplies", "Ship To", "Warehouse 4, Leeds", "Item Description Qty Unit Price Total",
        "1 Hex bolt M8 200 0.12 24.00", "Subtotal 39.00", "Delivery required by 20 March 2024"]),
    "a German order": (DocumentType.PURCHASE_ORDER, [
        "Muster Maschinenbau GmbH", "Bestellung Nr. 4711", "Bestelldatum: 03.04.2024", "Lieferant: Schrauben AG",
        "Liefertermin: 15.04.2024", "Pos Artikel Menge Einzelpreis Gesamt", "1 Sechskantschraube 100 0,25 25,00",
        "Gesamtsumme netto 25,00", "Bitte liefern Sie an unsere Lieferadresse"]),
    "an American pay stub": (DocumentType.PAY_STUB, [
        "Brightside Bakery Inc.", "Earnings Statement", "Employee: Maria Lopez", "Pay Date: 05/15/2024",
        "Period Ending 05/12/2024", "Earnings Rate Hours This period Year to date", "Regular 18.00 80 1,440.00",
        "Deductions", "Federal Income Tax -120.00", "Social Security -89.28", "Net Pay 1,209.84"]),
    "a French pay stub": (DocumentType.PAY_STUB, [
        "SARL Dupont", "BULLETIN DE PAIE", "Période : mars 2024", "Salarié : Jean Martin",
        "Salaire de base 151,67 12,50 1895,88", "Cotisations salariales", "Net imposable 1520,00",
        "Net à payer 1480,22"]),
    "a bill of lading": (DocumentType.BILL_OF_LADING, [
        "STRAIGHT BILL OF LADING - SHORT FORM", "Ship From", "Gamma Foods", "Ship To", "Delta Stores",
        "Carrier Name: Fast Freight", "Trailer number 5512", "12 pallets 5400 lb", "Freight charge terms: prepaid"]),
    "a German letter": (DocumentType.LETTER, [
        "Stadtverwaltung Musterstadt", "Herrn Max Meier", "Musterstadt, 12.05.2023", "Ihr Schreiben vom 2. Mai",
        "Sehr geehrter Herr Meier,", "vielen Dank für Ihre Anfrage. Wir haben den Sachverhalt geprüft und teilen mit,",
        "dass eine Genehmigung nicht erforderlich ist.", "Mit freundlichen Grüßen", "Petra Schmidt"]),
    "a memo": (DocumentType.LETTER, [
        "MEMORANDUM", "TO: All Staff", "FROM: R. Jones", "DATE: June 3, 1994", "SUBJECT: Parking",
        "Please be advised that the north lot will be closed next week for repairs.",
        "Everyone should park in the south lot until further notice."]),
    "a résumé": (DocumentType.RESUME, [
        "Emily Clark", "Summary", "Marketing manager with eight years of experience.", "Experience",
        "Marketing Manager, Foo Corp, 2018 - present", "Education", "BA English, 2012", "Skills", "SEO, copywriting"]),
    "a Spanish résumé": (DocumentType.RESUME, [
        "Ana García", "Perfil profesional", "Experiencia laboral", "2019-2023 Contable, Empresa SL",
        "Formación académica", "Licenciatura en Economía", "Idiomas", "Inglés, francés", "Habilidades"]),
    "an Italian bill": (DocumentType.UTILITY_BILL, [
        "Luce Viva", "Bolletta dell'energia elettrica", "Periodo: gennaio - febbraio 2024", "POD IT001E12345678",
        "Consumo 320 kWh", "Totale da pagare 98,40 €", "Scadenza 20/03/2024"]),
    "a Dutch statement": (DocumentType.BANK_STATEMENT, [
        "Noordzee Bank", "Rekeningafschrift", "Vorig saldo 1.200,00", "Nieuw saldo 980,50", "Datum Omschrijving Bij Af",
        "01-03-2024 Kruidenier 32,10", "02-03-2024 Salaris 2.000,00"]),
    "a Portuguese card": (DocumentType.ID_CARD, [
        "REPÚBLICA PORTUGUESA", "CARTÃO DE CIDADÃO", "APELIDO(S) SILVA", "NOME(S) JOANA",
        "DATA DE NASCIMENTO 01 02 1990", "NACIONALIDADE PRT"]),
    "a Dutch invoice": (DocumentType.INVOICE, [
        "De Vries Installaties BV", "FACTUUR", "Factuurnummer 2024-118", "Factuurdatum 01-04-2024",
        "Omschrijving Aantal Prijs Bedrag", "CV ketel onderhoud 1 125,00 125,00", "BTW 21% 26,25", "Totaal 151,25",
        "Gelieve te betalen binnen 14 dagen"]),
    "an invoice with an order number": (DocumentType.INVOICE, [
        "Ironwood Facility Services LLC", "INVOICE", "Invoice Number 2370195", "Date", "Due Date", "P.O. Number",
        "08/27/2026", "09/26/2026", "B457772", "Thank you for your order.", "Description Quantity Rate Line Total",
        "CAT6 plenum cable 1,000 0.29 290.00", "Subtotal 290.00", "Total 290.00"]),
    "a Portuguese credit note": (DocumentType.CREDIT_NOTE, [
        "Loja Exemplo Lda", "Nota de Crédito n.º 12/2024", "Data 02-03-2024", "Fatura de origem FT 2024/55",
        "Devolução de mercadoria 1 50,00", "IVA 23% 11,50", "Total 61,50"]),
    "a French lease": (DocumentType.CONTRACT, [
        "CONTRAT DE BAIL", "Entre les soussignés :", "M. Paul Durand, ci-après le bailleur, d'une part,",
        "et Mme Anne Petit, ci-après le locataire, d'autre part,", "Il a été convenu ce qui suit :",
        "Article 1 - Objet"]),
    "a German discharge letter": (DocumentType.MEDICAL, [
        "Klinikum Musterstadt", "Entlassungsbrief", "Patient: Erika Muster, geb. 01.02.1960", "Diagnosen: Pneumonie",
        "Therapie: Amoxicillin 3x täglich", "Wir berichten über die Patientin, die sich in Behandlung befand."]),
    "an English form": (DocumentType.FORM, [
        "City Library", "Membership application form", "Please complete in block letters",
        "Last name: ________ First name: ________", "Address: ________", "Signature: ________ Date: ________"]),
    "a Spanish policy": (DocumentType.INSURANCE_POLICY, [
        "Seguros Atlántico", "Póliza de seguro de hogar", "Número de póliza 123456", "Tomador: Luis Pérez",
        "Fecha de efecto 01/01/2024", "Coberturas Capital asegurado", "Continente 100.000 €", "Prima total 210,00 €"]),
    "an American tax form": (DocumentType.TAX_FORM, [
        "Form W-9", "Request for Taxpayer Identification Number and Certification", "Department of the Treasury",
        "Internal Revenue Service", "Name (as shown on your income tax return)", "Exempt payee code"]),
    "a quotation": (DocumentType.OTHER, [
        "Smith Roofing", "QUOTATION", "Quote no 112", "Valid for 30 days", "Description Qty Price",
        "Replace gutters 1 800.00", "Total 800.00"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PROBES)
def test_types_and_languages_that_real_training_documents_lack(name: str) -> None:
    expected, lines = PROBES[name]
    title = next(line for line in lines if line.isupper() or line == lines[1])
    placed = [(60.0, 50.0 + 28 * row, text) for row, text in enumerate(lines)]
    found = classify_text(page(placed, large=frozenset({title})))
    assert found.document_type is expected, found
    assert found.confidence >= 0.6


def test_the_docs_state_the_packaged_weights() -> None:
    stated = re.findall(r"`([0-9a-f]{64})`", DOCS.read_text(encoding="utf-8"))
    assert stated == [hashlib.sha256(path.read_bytes()).hexdigest() for path in (WEIGHTS, TREES)]
    assert f"version {packaged_weights().version}" in DOCS.read_text(encoding="utf-8")
    assert WEIGHTS.stat().st_size < 1_000_000


def test_probabilities_sum_to_one_and_repeat() -> None:
    found = page_features(page(GERMAN_INVOICE))
    shares = probabilities(found, packaged_weights())
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-5)
    assert shares.shape == (len(TYPES),)
    assert np.array_equal(shares, probabilities(page_features(page(GERMAN_INVOICE)), packaged_weights()))


def test_features_have_their_places() -> None:
    found = page_features(page(GERMAN_INVOICE))
    assert len(found.dense) == DENSE == 4 * len(TYPES) + len(NAMES)
    empty = page_features(page([]))
    assert (empty.dense, empty.words, empty.titles) == ((0.0,) * DENSE, {}, {})


def test_weights_are_kept_alike_and_others_are_refused(tmp_path: Path) -> None:
    weights = packaged_weights()
    for name in ("one.npz", "two.npz"):
        save_weights(tmp_path / name, weights)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert load_weights(tmp_path / "one.npz").temperature == weights.temperature
    save_weights(tmp_path / "cut.npz", replace(weights, words=weights.words[:, :10]))
    with pytest.raises(ValueError, match="other features"):
        load_weights(tmp_path / "cut.npz")


def test_every_phrase_is_of_a_known_type_and_weight() -> None:
    weights = [weight for entries in phrases().values() for _, weight in entries]
    assert "" not in phrases()
    assert 0 < min(weights) <= max(weights) <= 6
    assert {document_type for entries in phrases().values() for document_type, _ in entries} == set(DocumentType)
