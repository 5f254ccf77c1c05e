"""docs/evaluation.md and the code name the same things."""

import json
import re
from pathlib import Path

from processors.evaluation.metrics import METRICS
from processors.evaluation.model import Status
from processors.evaluation.prediction import parse_prediction
from processors.evaluation.report import Verdict
from processors.evaluation.truth import truth_schema

DOCS = (Path(__file__).resolve().parents[4] / "docs/evaluation.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    """The names in the first column of the tables under a heading."""
    part = DOCS.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", part, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_key_of_the_truth_is_documented() -> None:
    properties = truth_schema()["properties"]
    assert isinstance(properties, dict)
    assert first_cells("The truth format") == set(properties)


def test_every_verdict_is_documented() -> None:
    assert first_cells("What becomes of a value") == set(Verdict)


def test_every_metric_is_documented_as_the_code_describes_it() -> None:
    for metric in METRICS:
        less = "" if metric.higher_is_better else " Less is better."
        assert f"| `{metric.name}` | {metric.description}{less} |" in DOCS


def test_the_documented_prediction_is_one() -> None:
    example = DOCS.split("```json\n", 1)[1].split("```", 1)[0]
    item = parse_prediction(json.loads(example))
    assert item.status is Status.REVIEW
    assert not item.fields["total_amount"].auto_passed
    assert item.line_items[0].cells == {"description": "Paper", "amount": "119.00"}
