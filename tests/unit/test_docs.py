"""Holds README and docs to the code: tables, links, commands. ``python tests/unit/test_docs.py`` prints the tables."""

import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from fieldtrail.cli.app import build_app
from fieldtrail.settings_table import SETTINGS, Setting
from processors.errors import ERROR_HELP
from streams import http
from streams.contracts.records import DeadLetter, DocumentResult, DocumentSubmitted, Record
from streams.contracts.topics import STAGES, TOPICS, Topic
from streams.harness import headers, telemetry
from tests.support.examples import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
ALL_PAGES = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

DATA_DIR = Path("/DATA_DIR")
"""Stands for the data directory where a setting's default hangs on it."""
DEFAULTS_IN_WORDS = {
    "data_dir": "`./var`",
    "worker.parse_processes": "the cores of the process",
    "worker.ocr_processes": "the cores of the process, as far as memory goes",
    "stack.kafka_libs": "`.local/kafka/libs` of the checkout",
}


def docs(name: str) -> str:
    """A page of ``docs/``."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def tables(text: str) -> list[list[tuple[str, ...]]]:
    """Every Markdown table as rows of cells, the heading first and the rule below it left out."""
    found: list[list[tuple[str, ...]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append(tuple(cell.strip() for cell in line.strip("|").split("|")))
        elif found[-1]:
            found.append([])
    return [[row for row in table if not set("".join(row)) <= set("-:")] for table in found if table]


def table_headed(text: str, *heading: str) -> list[tuple[str, ...]]:
    """The rows of the one table with this heading."""
    [table] = [table for table in tables(text) if table[0] == heading]
    return table[1:]


# --- tables that repeat the code -------------------------------------------------------------------------------------


def error_rows() -> list[tuple[str, ...]]:
    return [(f"`{code}`", sentence) for code, sentence in ERROR_HELP.items()]


@pytest.mark.parametrize("page", ["README.md", "docs/errors.md"])
def test_error_table_is_the_code_s(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert table_headed(text, "code", "what is wrong and what to do") == error_rows()


def _default(setting: Setting) -> str:
    if setting.name in DEFAULTS_IN_WORDS:
        return DEFAULTS_IN_WORDS[setting.name]
    value = setting.default(DATA_DIR) if callable(setting.default) else setting.default
    return "unset" if value in (None, "", (), {}) or isinstance(value, dict) else f"`{value}`"


def settings_rows() -> list[tuple[str, ...]]:
    return [
        (
            f"`{setting.name}`",
            f"`{setting.env}`" if setting.env else "file only",
            _default(setting),
            setting.kind.expected + ("; secret" if setting.secret else ""),
            setting.doc,
        )
        for setting in SETTINGS
    ]


def test_settings_table_is_the_code_s() -> None:
    rows = table_headed(docs("settings.md"), "setting", "variable", "default", "accepts", "what it is")
    assert rows == settings_rows()


def topic_rows() -> list[tuple[str, ...]]:
    def kept(topic: Topic) -> str:
        if topic.compacted:
            return "compacted"
        return "for ever" if topic.retention_days is None else f"{topic.retention_days} days"

    def row(topic: Topic) -> tuple[str, ...]:
        record = "the failed record's bytes" if topic.record is None else f"`{topic.record.SCHEMA}`"
        return f"`{topic.name}`", record, kept(topic), "yes" if topic.public else "", topic.doc

    return [row(topic) for topic in TOPICS]


def test_topic_table_is_the_code_s() -> None:
    assert table_headed(docs("contracts.md"), "topic", "record", "kept", "public", "carries") == topic_rows()


def schema_rows() -> list[tuple[str, ...]]:
    schemas = json.loads((ROOT / "avro" / "registry.json").read_text(encoding="utf-8"))["schemas"]
    return [
        (str(line["id"]), f"`{line['subject']}`", str(line["version"]), f"[{line['file']}](../avro/{line['file']})")
        for line in schemas
    ]


def test_schema_id_table_is_the_registry_file_s() -> None:
    assert table_headed(docs("contracts.md"), "id", "subject", "version", "schema") == schema_rows()


def docstring_rows(text: str | None) -> list[tuple[str, ...]]:
    """The rows of the one reStructuredText table in a docstring."""
    lines = (text or "").splitlines()
    rules = [number for number, line in enumerate(lines) if re.fullmatch(r"=+( +=+)+", line)]
    starts = [match.start() for match in re.finditer(r"=+", lines[rules[0]])]
    ends = [*starts[1:], None]
    rows = lines[rules[1] + 1 : rules[2]]
    return [tuple(row[start:end].strip() for start, end in zip(starts, ends, strict=True)) for row in rows]


def metric_rows() -> list[tuple[str, ...]]:
    return [(f"`{name}`", *rest) for name, *rest in docstring_rows(telemetry.__doc__)]


def test_metric_table_is_the_code_s() -> None:
    assert table_headed(docs("operate.md"), "metric", "kind", "attributes", "what it counts") == metric_rows()


def test_every_page_of_the_worker_is_told() -> None:
    paths = {f"`{path}`" for path, _ in docstring_rows(http.__doc__)}
    assert {row[0] for row in table_headed(docs("operate.md"), "path", "answer")} == paths


def avro_rows(record: type[Record]) -> list[tuple[str, ...]]:
    schema = json.loads((ROOT / "avro" / record.SCHEMA / "v1.avsc").read_text(encoding="utf-8"))
    return [(f"`{field['name']}`", field["doc"]) for field in schema["fields"]]


@pytest.mark.parametrize(("page", "record"), [("produce.md", DocumentSubmitted), ("subscribe.md", DocumentResult)])
def test_field_tables_are_the_schemas(page: str, record: type[Record]) -> None:
    assert table_headed(docs(page), "field", "what it is") == avro_rows(record)


def dead_letter_rows() -> list[tuple[str, ...]]:
    return [(f"`{headers.ERROR_PREFIX}{name.strip('`')}`", doc) for name, doc in avro_rows(DeadLetter)]


@pytest.mark.parametrize("page", ["subscribe.md", "contracts.md"])
def test_the_decimals_are_told_as_they_are(page: str) -> None:
    schema = (ROOT / "avro" / "document_result" / "v1.avsc").read_text(encoding="utf-8")
    written = {tuple(map(int, digits)) for digits in re.findall(r'"precision": (\d+),\s+"scale": (\d+)', schema)}
    told = {tuple(map(int, digits)) for digits in re.findall(r"precision (\d+) and scale (\d+)", docs(page))}
    assert told == written


def test_dead_letter_headers_are_all_told() -> None:
    assert table_headed(docs("dead-letters.md"), "header", "what it says") == dead_letter_rows()


def test_cloudevent_headers_are_all_told() -> None:
    [result] = [record for record in EXAMPLES if isinstance(record, DocumentResult)]
    names = [f"`{name}`" for name, _ in headers.cloudevent_headers(result, "/fieldtrail/route")]
    assert [row[0] for row in table_headed(docs("subscribe.md"), "header", "value")] == names


def test_pictures_name_every_topic_and_stage() -> None:
    picture = (ROOT / "docs" / "img" / "pipeline.svg").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [as_text] = re.findall(r"```text\n(your producer.*?)```", readme, re.DOTALL)
    on_the_way = [
        topic.name for topic in TOPICS if topic.name.startswith("documents.") and "feedback" not in topic.name
    ]
    for name in [*on_the_way, *STAGES]:
        assert name in picture
        assert name in as_text


# --- links -----------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL), re.M
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@ALL_PAGES
def test_every_relative_link_resolves(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}, which is not there"
        assert not anchor or anchor in anchors(there), f"{page.name} links to {target}: no such heading"


# --- commands --------------------------------------------------------------------------------------------------------


def code_in(text: str) -> Iterator[str]:
    """Lines of shell in fenced blocks, and inline code."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.M):
        if language in ("sh", ""):
            yield from block.splitlines()
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.M)
    yield from (code.replace("\n", " ") for code in re.findall(r"`([^`]+)`", outside))


def commands_in(text: str, program: str) -> Iterator[list[str]]:
    """The arguments of every call of ``program`` in a page, without comments, pipes and variables before it."""
    for line in code_in(text):
        for part in re.split(r"\s(?:\||&&|;)\s", line):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:  # a quote that a sentence left open is no command
                continue
            words = [word for word in words if not re.match(r"[A-Z_]+=|\$$", word)]
            if words and Path(words[0]).name == program:
                yield words[1:]


@cache
def command_line() -> Any:
    return typer.main.get_command(build_app())


def fault_of(arguments: Sequence[str]) -> str | None:
    """What is wrong with a call of ``fieldtrail``: a command or an option that there is not."""
    command, rest = command_line(), list(arguments)
    while hasattr(command, "commands"):
        names = [word for word in rest if not word.startswith("-")]
        if not names:
            break
        name = names[0] if names[0] in command.commands else getattr(command, "default_command", None)
        if name is None:
            return f"no command {names[0]}"
        rest = rest if name != names[0] else [word for word in rest if word != name]
        command = command.commands[name]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    known |= {option for parameter in command_line().params for option in parameter.opts}
    unknown = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in known]
    return f"no option {unknown[0]}" if unknown else None


@ALL_PAGES
def test_every_command_exists_with_its_options(page: Path) -> None:
    for arguments in commands_in(page.read_text(encoding="utf-8"), "fieldtrail"):
        assert fault_of(arguments) is None, f"{page.name}: fieldtrail {' '.join(arguments)}: {fault_of(arguments)}"


def test_a_wrong_command_is_noticed() -> None:
    assert fault_of(["replays", "extract"]) == "no command replays"
    assert fault_of(["dlq", "list", "--kode", "corrupt"]) == "no option --kode"
    assert fault_of(["dlq", "list", "--code", "corrupt"]) is None
    assert list(commands_in("```sh\nA=b .venv/bin/fieldtrail show X | head  # why\n```", "fieldtrail")) == [
        ["show", "X"]
    ]


@ALL_PAGES
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for arguments in commands_in(page.read_text(encoding="utf-8"), "make"):
        assert {word for word in arguments if "=" not in word} <= targets, f"{page.name}: make {' '.join(arguments)}"


@ALL_PAGES
def test_every_python_snippet_compiles(page: Path) -> None:
    for number, source in enumerate(
        re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.M)
    ):
        compile(source, f"{page.name}, snippet {number}", "exec")


def _print_tables() -> None:
    """The generated tables, to paste where a test says that a page is behind."""
    for name, rows in (
        ("errors", error_rows()),
        ("settings", settings_rows()),
        ("topics", topic_rows()),
        ("schemas", schema_rows()),
        ("metrics", metric_rows()),
        ("submission", avro_rows(DocumentSubmitted)),
        ("result", avro_rows(DocumentResult)),
        ("dead letter", dead_letter_rows()),
    ):
        sys.stdout.write(f"{name}\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows) + "\n")


if __name__ == "__main__":
    _print_tables()
