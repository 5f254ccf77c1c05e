"""``fieldtrail dlq``: dead letters by code and day, one in full, and again once the cause is mended."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import OPERATIONS, CliError, Json
from fieldtrail.cli.operations import (
    DocumentIds,
    DryRun,
    counted,
    open_claims,
    print_erased,
    print_replay_id,
    print_report_json,
    print_sent,
)
from fieldtrail.cli.options import cluster_of, moment, requester
from fieldtrail.cli.render import table

if TYPE_CHECKING:
    from connectors.claims import Claims
    from fieldtrail.settings import Settings
    from streams.dead_letters import DeadLetters, Letter, LetterFilter
    from streams.replay import ReplayReport

Stages = Annotated[list[str] | None, typer.Option("--stage", help="Only this stage's; may be repeated.")]
Codes = Annotated[list[str] | None, typer.Option("--code", help="Only this error code; may be repeated.")]
Since = Annotated[str | None, typer.Option(help="Only those that failed at or after this time (ISO 8601).")]
Until = Annotated[str | None, typer.Option(help="Only those that failed before this time (ISO 8601).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    dlq = typer.Typer(help="Dead letters: list, show, replay.", no_args_is_help=True)
    dlq.command("list")(list_letters)
    dlq.command("show")(show_letter)
    dlq.command("replay")(replay_letters)
    app.add_typer(dlq, name="dlq", rich_help_panel=OPERATIONS)


def list_letters(
    ctx: typer.Context,
    stage: Stages = None,
    code: Codes = None,
    document_id: DocumentIds = None,
    since: Since = None,
    until: Until = None,
    summary: Annotated[bool, typer.Option("--summary", help="Only the counts by day and code.")] = False,
    as_json: Json = False,
) -> None:
    """List dead letters, counted by day and code first: of the stages, and of learn, learn_feedback and audit.

    Example: fieldtrail dlq list --code fetch_failed --since 2026-01-31
    """
    wanted = _filter(stage, code, document_id, (), since, until)
    letters = list(_open(cluster_of(ctx)).find(wanted))
    if as_json:
        typer.echo(json.dumps([_letter_json(letter) for letter in letters], indent=2, ensure_ascii=False))
        return
    if not letters:
        typer.echo("no dead letters")
        return
    counts = Counter(
        (letter.error.last_failure_at.date().isoformat(), letter.error.stage, letter.error.code) for letter in letters
    )
    rows = [(day, name, error, str(count)) for (day, name, error), count in sorted(counts.items())]
    typer.echo(table([("day", "stage", "code", "count"), *rows]))
    if summary:
        return
    typer.echo("")
    typer.echo(table([("letter", "code", "document", "", "message"), *map(_letter_row, letters)]))


def show_letter(
    ctx: typer.Context,
    letter: Annotated[str, typer.Argument(help="Its address, as 'dlq list' prints it: ingest.dlq-2@15")],
    as_json: Json = False,
) -> None:
    """Show one dead letter: its error, its original headers, and its record where that can be read.

    Example: fieldtrail dlq show ingest.dlq-2@15
    """
    from streams.dead_letters import parse_place

    try:
        parse_place(letter)
    except ValueError as malformed:
        raise typer.BadParameter(str(malformed), param_hint="LETTER") from None
    settings = cluster_of(ctx)
    found = _open(settings).read(letter)
    if found is None:
        raise CliError(f"there is no dead letter at {letter}; 'fieldtrail dlq list' prints addresses")
    record = _original(settings, found)
    if as_json:
        typer.echo(json.dumps(_letter_json(found) | {"record": record}, indent=2, ensure_ascii=False))
        return
    _print_letter(found)
    typer.echo("record    " + json.dumps(record, indent=2))


def replay_letters(
    ctx: typer.Context,
    stage: Stages = None,
    code: Codes = None,
    document_id: DocumentIds = None,
    letter: Annotated[list[str] | None, typer.Option(help="Only the letter at this address; may be repeated.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many dead letters.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also those replayed before, and those that failed again.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Send dead letters to their stage again, once the cause is mended. Each goes once, so this never loops.

    Those of erased documents never go. Those of learn, learn_feedback and audit are for looking only.

    Example: fieldtrail dlq replay --code fetch_failed --dry-run
    """
    wanted = _filter(stage, code, document_id, letter or (), since, until)
    _may_be_sent(wanted)
    settings = cluster_of(ctx)
    with open_claims(settings) as claims:
        report = _open(settings, claims).replay(
            wanted, requested_by=requester(), dry_run=dry_run, limit=limit, again=again
        )
    _print_replay(report, as_json)


def _may_be_sent(wanted: "LetterFilter") -> None:
    """Refuses letters that are for looking: asked for by their stage, or by their own address."""
    from streams.dead_letters import LOOK_ONLY, parse_place

    named = {*wanted.stages, *(parse_place(place)[0].rpartition(".")[0].rpartition(".")[2] for place in wanted.places)}
    found = [name for name in LOOK_ONLY if name in named]
    if found:
        raise CliError(
            f"dead letters of {', '.join(found)} are for looking, not for replay: their records lie, delivered, where "
            "they belong, and every reader of that topic would get them again"
        )


def _open(settings: "Settings", claims: "Claims | None" = None) -> "DeadLetters":
    from fieldtrail.wiring import connection, make_codec, topic_plan
    from streams.dead_letters import DeadLetters

    return DeadLetters(connection(settings), topic_plan(settings), make_codec(settings), claims)


def _filter(
    stages: list[str] | None,
    codes: list[str] | None,
    document_ids: list[str] | None,
    places: "tuple[()] | list[str]",
    since: str | None,
    until: str | None,
) -> "LetterFilter":
    from processors.errors import ErrorCode
    from streams.dead_letters import WRITERS, LetterFilter, parse_place

    for name in stages or ():
        if name not in WRITERS:
            raise typer.BadParameter(
                f"no stage is called {name!r}; there are {', '.join(WRITERS)}", param_hint="--stage"
            )
    for wanted in codes or ():
        if wanted not in set(ErrorCode):
            known = ", ".join(ErrorCode)
            raise typer.BadParameter(f"no error code is called {wanted!r}; there are {known}", param_hint="--code")
    for address in places:
        try:
            parse_place(address)
        except ValueError as malformed:
            raise typer.BadParameter(str(malformed), param_hint="--letter") from None
    return LetterFilter(
        stages or (),
        codes or (),
        document_ids or (),
        places,
        None if since is None else moment(since, "--since"),
        None if until is None else moment(until, "--until"),
    )


def _letter_row(letter: "Letter") -> tuple[str, ...]:
    from fieldtrail.rendering import printable

    error = letter.error
    document = printable(error.document_id or "(unreadable)")
    return letter.place, error.code, document, _state(letter), printable(error.message)


def _state(letter: "Letter") -> str:
    states = ("failed again" if letter.failed_again else "", "replayed" if letter.replayed else "")
    return ", ".join(state for state in states if state)


def _print_letter(letter: "Letter") -> None:
    """The error for a person: what is wrong, what to do, and where it happened."""
    from fieldtrail.rendering import help_for, printable

    error = letter.error
    typer.echo(f"{letter.place}  {error.code}\n{printable(error.message)}\n{help_for(error.code)}\n")
    document = "(unreadable)"
    if error.document_id is not None:
        document = f"{printable(error.document_id)}, revision {error.revision}, tenant {printable(error.tenant or '')}"
    typer.echo(f"document  {document}")
    place = f"{error.topic}-{error.partition}@{error.offset}"
    tries = "1 try" if error.attempts == 1 else f"{error.attempts} tries"
    typer.echo(f"failed    {error.last_failure_at:%F %T} UTC, in {error.stage} on {place}, after {tries}")
    if letter.failed_again:
        typer.echo(f"again     failed again after replay {error.replay_id}, number {error.replay_count}")
    if letter.replayed:
        typer.echo("replayed  it was sent again since")
    for name, value in (("defect", error.exception), ("trace", error.trace_id)):
        if value is not None:
            typer.echo(f"{name:<9} {printable(value)}")


def _print_replay(report: "ReplayReport", as_json: bool) -> None:
    if as_json:
        print_report_json(report)
        return
    print_sent(report)
    verb = "would be sent" if report.dry_run else "sent"
    typer.echo(f"{counted(len(report.replayed), 'dead letter')} {verb} again")
    if report.left_alone:
        typer.echo(
            f"{report.left_alone} left alone: replayed before, or failed again after that; --again sends these too"
        )
    print_erased(report)
    if report.unreadable:
        typer.echo(
            f"{report.unreadable} cannot be sent again: their records were too large to be kept with the letters"
        )
    print_replay_id(report)


def _letter_json(letter: "Letter") -> dict[str, Any]:
    from fieldtrail.rendering import to_json

    error: dict[str, Any] = to_json(letter.error)
    return {"letter": letter.place, "replayed": letter.replayed, "failed_again": letter.failed_again, **error}


def _original(settings: "Settings", letter: "Letter") -> dict[str, Any]:
    """The record that failed: key, headers, and its fields where its topic's contract can read it."""
    from fieldtrail.rendering import to_json
    from fieldtrail.wiring import make_codec, topic_plan
    from streams.contracts.codec import Undecodable
    from streams.contracts.topics import TOPICS
    from streams.harness.headers import without_errors

    plan = topic_plan(settings)
    record_type = next((topic.record for topic in TOPICS if plan.name(topic) == letter.error.topic), None)
    value = {"unreadable": "It comes from a topic without a contract."}
    if record_type is not None:
        decoded = make_codec(settings).decode(letter.record.value, record_type)
        value = {"unreadable": decoded.message} if isinstance(decoded, Undecodable) else to_json(decoded)
    if letter.error.value_omitted:
        value = {"unreadable": "The record was too large to be kept here; it lies where it failed."}
    headers = [[name, data.decode("utf-8", "replace")] for name, data in without_errors(letter.record.headers)]
    key = None if letter.key is None else letter.key.decode("utf-8", "replace")
    return {"key": key, "headers": headers, "bytes": len(letter.record.value or b""), "value": value}
