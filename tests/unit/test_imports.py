"""Imports run downwards only (DESIGN §2)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "processors": set(),
    "connectors": {"processors"},
    "gpu": {"processors"},
    "streams": {"processors", "connectors", "gpu"},
    "fieldtrail": {"processors", "connectors", "gpu", "streams"},
}


def imported_packages(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names & set(MAY_IMPORT)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_downwards(package: str) -> None:
    upward = {
        str(path.relative_to(ROOT)): sorted(wrong)
        for path in sorted((ROOT / package).rglob("*.py"))
        if (wrong := imported_packages(path) - MAY_IMPORT[package] - {package})
    }
    assert upward == {}


def test_processors_know_no_kafka_and_no_network() -> None:
    forbidden = {"faust", "aiokafka", "confluent_kafka", "boto3", "sqlalchemy", "requests", "aiohttp", "socketserver"}
    found = {}
    for path in sorted((ROOT / "processors").rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        if names & forbidden:
            found[str(path.relative_to(ROOT))] = names & forbidden
    assert found == {}
