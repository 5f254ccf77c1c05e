"""Bills of lading: a form of boxes for the parties and the voyage, the goods, a signature."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from processors.synthesis import identifiers
from processors.synthesis.boxes import Cell, Filling, box_row
from processors.synthesis.canvas import Align
from processors.synthesis.finish import signature
from processors.synthesis.look import choose_theme, draw_mark
from processors.synthesis.people import Firm, firm
from processors.synthesis.regions import Region, choose_notation
from processors.synthesis.sheet import MONO, Sheet, Value
from processors.synthesis.tables import Column, Ruling, table
from processors.synthesis.words import Words

_FIRST_DAY = date(2017, 1, 9)
_PORTS = (
    "Rotterdam", "Hamburg", "Antwerp", "Shanghai", "Singapore",
    "Valencia", "Genoa", "Santos", "Felixstowe", "Houston", "Oakland", "Sines", "Durban",
)  # fmt: skip
_SHIPS = ("MV Northern Star", "Ever Bright", "Atlantic Pioneer", "CMA Belmonte", "Maren S", "Cap Verde", "Solveig")


def bill_of_lading(rng: Random, region: Region) -> tuple[Sheet, str]:
    """A drawn bill of lading and its family's name."""
    words, notation = Words(rng, region), choose_notation(rng, region)
    sheet = Sheet(region.market.paper, choose_theme(rng))
    family = rng.choice(("ocean", "ocean", "road"))
    filling = Filling(rng.choice((MONO, sheet.theme.family)), rng.choice((8.0, 8.5, 9.0)), label_size=6.5)
    x0, x1 = sheet.left, sheet.right
    shipper, consignee, carrier = firm(rng, region), firm(rng, region), firm(rng, region)
    issued = _FIRST_DAY + timedelta(days=rng.randrange(3600))
    day = Value(notation.day(issued), "issue_date", issued.isoformat())
    number = identifiers.fill(rng, rng.choice(("@@@@#########", "BOL-######", "########", "HLCU######")))

    y = sheet.top - 12
    taken = draw_mark(rng, sheet.canvas, x0, y, 28, sheet.theme.accent, carrier.name) + 8
    sheet.line(x0 + taken, y + 6, Value(carrier.name, "carrier_name"), sheet.width * 0.45 - taken, size=12, bold=True)
    sheet.line(x1, y + 6, words["lading_title"], sheet.width * 0.48, size=15, bold=True, align=Align.RIGHT)
    y += 38
    numbers = [Cell(words["lading_number"], Value(number, "bill_of_lading_number")), Cell(words["issued"], day)]
    y = box_row(sheet, numbers, x0, x1, y, filling)
    y = box_row(
        sheet,
        [_party(words["shipper"], shipper, "shipper"), Cell(words["carrier"], carrier.name)],
        x0,
        x1,
        y,
        filling,
        62,
    )
    parties = [_party(words["consignee"], consignee, "consignee")]
    if rng.random() < 0.6:
        notify = firm(rng, region)
        parties.append(Cell(words["notify"], Value(notify.name, "notify_party"), more=Value("\n".join(notify.address))))
    y = box_row(sheet, parties, x0, x1, y, filling, 62)
    if family == "ocean":
        y = _voyage(rng, sheet, words, filling, y)
    y = _goods(rng, sheet, words, region, y + 10)
    y = sheet.block(x0, y + 12, sheet.width, words["lading_note"], size=7)
    sheet.line(x0, y + 6, words["freight"], sheet.width * 0.5, bold=True)
    signature(rng, sheet, x0 + sheet.width * 0.6, y + 14, sheet.width * 0.4, words["signature"])
    return sheet, family


def _party(label: str, party: Firm, role: str) -> Cell:
    """One box with a name and an address."""
    return Cell(label, Value(party.name, f"{role}_name"), more=Value("\n".join(party.address), f"{role}_address"))


def _voyage(rng: Random, sheet: Sheet, words: Words, filling: Filling, y: float) -> float:
    loading, discharge = rng.sample(_PORTS, 2)
    voyage = identifiers.fill(rng, rng.choice(("###@", "##W", "V.###")))
    first = [
        Cell(words["vessel"], Value(rng.choice(_SHIPS), "vessel")),
        Cell(words["voyage"], Value(voyage, "voyage_number")),
        Cell(words["loading"], Value(loading, "port_of_loading")),
        Cell(words["discharge"], Value(discharge, "port_of_discharge")),
    ]
    return box_row(sheet, first, sheet.left, sheet.right, y, filling)


def _goods(rng: Random, sheet: Sheet, words: Words, region: Region, y: float) -> float:
    notation = choose_notation(rng, region)
    weight = Decimal(rng.randint(400, 240_000)) / 10
    count = rng.randint(2, 480)
    container = identifiers.fill(rng, "@@@U#######")
    right = Align.RIGHT
    columns = [
        Column(words["container"], 1.6),
        Column(words["packages"], 1, right),
        Column(words["goods"], 3),
        Column(words["weight"], 1.3, right),
    ]
    first: list[Value | str] = [
        Value(container, "container_number"),
        Value(str(count), "package_count"),
        rng.choice(region.market.goods).description,
        Value(f"{notation.number(weight, 1)} kg", "gross_weight", f"{weight.normalize():f}"),
    ]
    more = [["", "", goods.description, ""] for goods in rng.sample(region.market.goods, rng.randint(0, 3))]
    rows: list[list[Value | str]] = [first, *[list[Value | str](row) for row in more]]
    return table(sheet, columns, rows, sheet.left, sheet.right, y, Ruling("pale", "grid", 3.0))
