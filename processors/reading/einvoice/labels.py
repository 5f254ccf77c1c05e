"""What stands beside or above a value on paper, by field: folded stems in seven languages (en de fr es it nl pt).

They only choose among places that print the very value that the XML holds, so they may be broad.
"""

FIELD_LABELS: dict[str, tuple[str, ...]] = {
    "invoice_number": (
        "invoiceno", "invoicenumber", "invoice", "rechnungsnr", "rechnungnr", "rechnung", "belegnr", "beleg", "facture",
        "factura", "fattura", "factuur", "fatura", "credit", "gutschrift", "avoir", "abono", "nota", "korrektur", "nr",
        "numero", "number", "nummer",
    ),
    "invoice_date": (
        "invoicedate", "date", "datum", "fecha", "data", "vom", "issued", "emision", "emissione",
        "emissao",
    ),
    "delivery_date": ("deliver", "liefer", "leistung", "livraison", "entrega", "consegna", "levering", "service"),
    "due_date": (
        "due", "fallig", "zahlbar", "bis", "echeance", "vencimiento", "scadenza", "verval", "vencimento", "payable",
    ),
    "purchase_order": (
        "order", "bestell", "auftrag", "commande", "pedido", "ordine", "bestelling", "encomenda", "po", "reference",
    ),
    "payment_reference": ("reference", "verwendungszweck", "referenz", "communication", "referencia", "riferimento"),
    "customer_id": ("customer", "kunden", "client", "cliente", "klant", "nummer", "account"),
    "vendor_tax_id": (
        "vat", "vatid", "vatno", "vatreg", "ust", "ustid", "umsatzsteuer", "intracom", "tva", "iva", "btw", "nif",
        "tax", "siren", "partita", "gst",
    ),
    "vendor_tax_number": ("steuernummer", "stnr", "steuernr", "tax", "siret", "kvk", "fiscal"),
    "customer_tax_id": (
        "vat", "vatid", "vatno", "vatreg", "ust", "ustid", "umsatzsteuer", "intracom", "tva", "iva", "btw", "nif",
        "tax", "partita", "gst",
    ),
    "iban": ("iban", "account", "konto", "compte", "cuenta", "conto", "rekening", "conta"),
    "currency": ("currency", "wahrung", "devise", "moneda", "valuta", "moeda"),
    "line_total": ("positionssumme", "warenwert", "lines", "zwischensumme", "subtotal", "total", "summe", "netto"),
    "allowance_total": ("discount", "rabatt", "abschlag", "abschlage", "remise", "descuento", "sconto", "korting"),
    "charge_total": (
        "charge", "zuschlag", "zuschlage", "fracht", "versand", "shipping", "frais", "portes", "trasporto", "verzend",
    ),
    "subtotal": (
        "subtotal", "net", "netto", "neto", "ohne", "rechnungssumme", "zwischensumme", "total", "ht", "base",
        "imponibile", "excl", "iliquido", "warenwert", "taxable",
    ),
    "tax_amount": ("tax", "ust", "mwst", "steuer", "vat", "tva", "iva", "btw", "igv", "gst", "imposto", "impuesto"),
    "total_amount": (
        "total", "gesamt", "brutto", "bruto", "sum", "endbetrag", "rechnungsbetrag", "rechnungssumme", "summe", "ttc",
        "importe", "totaal", "inkl", "incl", "amount", "due", "payable", "zahl", "payer", "pagar", "betalen",
    ),
    "prepaid_amount": ("paid", "anzahlung", "bezahlt", "acompte", "anticipo", "acconto", "deposit", "voldaan"),
    "rounding_amount": ("round", "rundung", "arrondi", "redondeo", "arrotond", "afronding", "arredond"),
    "amount_due": (
        "due", "zahlbetrag", "zahlen", "offen", "balance", "payer", "pagar", "pagare", "betalen", "payable",
        "gesamt", "total", "endbetrag", "rechnungsbetrag", "summe",
    ),
}  # fmt: skip

COLUMN_LABELS: dict[str, tuple[str, ...]] = {
    "description": ("description", "beschreibung", "bezeichnung", "artikel", "designation", "descri", "omschr"),
    "sku": ("sku", "artnr", "artikelnr", "item", "ref", "code", "codigo", "codice", "product"),
    "quantity": ("quantity", "qty", "menge", "anzahl", "quantite", "qte", "cantidad", "quantita", "aantal"),
    "unit": ("unit", "einheit", "unite", "unidad", "menge", "quantity", "qty", "eenheid"),
    "unit_price": ("price", "preis", "prix", "precio", "prezzo", "prijs", "preco", "rate", "unit"),
    "price_base_quantity": ("per", "base", "basis", "pro"),
    "discount": ("discount", "rabatt", "remise", "descuento", "sconto", "korting", "desconto", "abschlag"),
    "tax_rate": ("tax", "ust", "mwst", "steuer", "vat", "tva", "iva", "btw", "gst"),
    "amount": ("amount", "betrag", "summe", "total", "wert", "montant", "importe", "bedrag", "valor", "netto"),
}  # fmt: skip

UNIT_SPELLINGS: dict[str, tuple[str, ...]] = {
    "C62": ("stk", "stck", "stuck", "st", "pcs", "pc", "pce", "piece", "pieces", "unit", "units", "ea", "each", "ud",
            "uds", "unid", "pz", "u", "un", "stuks"),
    "KGM": ("kg", "kilo", "kilogramm"),
    "GRM": ("g", "gr", "gramm"),
    "TNE": ("t", "to", "tonne"),
    "LTR": ("l", "ltr", "liter", "litre", "litro"),
    "MTR": ("m", "mtr", "meter", "metre"),
    "MTK": ("m2", "qm"),
    "MTQ": ("m3", "cbm"),
    "KMT": ("km",),
    "HUR": ("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures", "hora", "horas", "uur"),
    "MIN": ("min", "minute", "minuten"),
    "DAY": ("d", "day", "days", "tag", "tage", "jour", "jours", "dia", "dias", "giorni", "dag", "dagen"),
    "WEE": ("week", "weeks", "woche", "wochen", "semaine"),
    "MON": ("month", "months", "monat", "monate", "mois", "mes", "meses", "mese", "mesi", "maand"),
    "ANN": ("year", "years", "jahr", "jahre", "an", "ans", "ano", "anno", "jaar"),
    "KWH": ("kwh",),
    "SET": ("set", "satz"),
    "PR": ("pair", "paar"),
    "LS": ("pauschal", "lumpsum", "psch", "forfait"),
}  # fmt: skip
"""How codes of UN/ECE Recommendation 20 are spelt on paper, folded."""

UNIT_SPELLINGS["H87"] = UNIT_SPELLINGS["EA"] = UNIT_SPELLINGS["NAR"] = UNIT_SPELLINGS["PCE"] = UNIT_SPELLINGS["C62"]
