"""Migrations as files: order, statements, placeholders. What they do to a server is in tests/integration."""

import re
from string import Template

import pytest

from connectors.clickhouse.errors import RefusedError, as_error
from connectors.clickhouse.migrate import migrations, statements
from connectors.errors import UnavailableError

WORDS = {"database": "d", "on_cluster": "ON CLUSTER c", "replacing": "ReplicatedReplacingMergeTree"}


def test_they_are_numbered_from_one_without_gaps() -> None:
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))


@pytest.mark.parametrize("migration", migrations(), ids=lambda migration: migration.name)
def test_every_statement_may_run_again(migration: object) -> None:
    text = Template(migration.text).substitute(WORDS)  # type: ignore[attr-defined]
    for statement in statements(text):
        assert re.match(
            r"CREATE (TABLE|MATERIALIZED VIEW|DATABASE) IF NOT EXISTS|CREATE OR REPLACE VIEW|DROP \w+ IF EXISTS"
            r"|ALTER TABLE .* (ADD (COLUMN|INDEX) IF NOT EXISTS|MODIFY|COMMENT|DROP (COLUMN|INDEX) IF EXISTS)",
            statement,
            re.DOTALL,
        ), statement[:100]
        assert "ON CLUSTER c" in statement, f"not made on all servers of a cluster: {statement[:100]}"


def test_statements() -> None:
    text = "-- a comment; with a semicolon;\nSELECT ';' AS a;\n\n  -- another\nSELECT\n    2\n;\nSELECT 3"
    assert statements(text) == ("SELECT ';' AS a", "SELECT\n    2", "SELECT 3")
    assert statements("-- nothing\n") == ()


def test_every_table_remembers_batches_and_says_what_it_holds() -> None:
    text = migrations()[0].text
    for statement in statements(text):
        name = re.search(r"\$\{database\}\.(\w+)", statement)
        assert name, statement
        assert re.search(r"\nCOMMENT '.+'$", statement), name
        columns = re.findall(r"^    [a-z0-9_]+ +[A-Z].*(?:\n {20,}.*)*", statement, re.MULTILINE)
        assert all("COMMENT" in column for column in columns), name
        if "PARTITION BY" in statement:
            assert "non_replicated_deduplication_window" in statement, name


def test_what_an_answer_means() -> None:
    assert isinstance(as_error(None, "no answer"), UnavailableError)
    assert isinstance(as_error(241, "memory"), UnavailableError)
    assert isinstance(as_error(516, "password"), UnavailableError)
    refusal = as_error(53, "type")
    assert isinstance(refusal, RefusedError)
    assert (refusal.code, refusal.reason) == (53, "type")
