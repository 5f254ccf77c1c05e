"""``fieldtrail audit verify``, ``proof`` and ``check-proof``: nothing was altered, and how anybody can see that."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldtrail.cli.app import CliError, Json, settings_of
from fieldtrail.cli.operations import counted
from fieldtrail.cli.options import cluster_of

if TYPE_CHECKING:
    from fieldtrail.audit.proof_file import EventProof
    from fieldtrail.audit.published import Published
    from fieldtrail.audit.verify import Verification
    from fieldtrail.settings import Settings


def verify(
    ctx: typer.Context,
    what: Annotated[str | None, typer.Argument(help="A document's id, or a UTC day as 2026-10-05; else all.")] = None,
    with_topic: Annotated[
        bool, typer.Option("--with-topic", help="Hold the stored roots against those in Kafka (audit.roots).")
    ] = False,
    rows: Annotated[bool, typer.Option(help="Hash every row of every table again too; --no-rows is quicker.")] = True,
    as_json: Json = False,
) -> None:
    """Prove that nothing in the audit store was altered, removed, added or reordered; else name the first break.

    Exit code 1 where something was. Of a document, its events' inclusion proofs are told; of all, --with-topic also
    finds a store that was rewritten as a whole.

    Example: fieldtrail audit verify 2026-10-05
    """
    from fieldtrail.audit.asking import audit_store
    from fieldtrail.audit.verify import verify_all, verify_day, verify_document

    day = _day(what)
    if with_topic and what is not None:
        raise typer.BadParameter(
            "it goes with no document and no day: all roots are compared", param_hint="--with-topic"
        )
    if not rows and what is not None:
        raise typer.BadParameter(
            "it goes with no document and no day: a document's rows are always checked, a day's never",
            param_hint="--no-rows",
        )
    settings = cluster_of(ctx) if with_topic else settings_of(ctx)
    published = _published(settings) if with_topic else None
    with audit_store(settings) as client:
        if day is not None:
            found = verify_day(client, day)
        elif what is not None:
            found = verify_document(client, what)
        else:
            quiet = as_json
            found = verify_all(
                client,
                published=None if published is None else published.roots,
                rows=rows,
                progress=lambda text: None if quiet else typer.echo(text, err=True),
            )
    _tell(found, () if published is None else published.unreadable, as_json)


def _tell(found: "Verification", unreadable: Sequence[str], as_json: bool) -> None:
    """Prints what was found. Raises :class:`CliError` for a break, and for records that should be roots and are none:
    all else was held against the others, but whoever wrote them may not write there.
    """
    from fieldtrail.rendering import printable, to_json

    broken = found.first_break
    if as_json:
        told: dict[str, Any] = {
            "what": found.what,
            "intact": found.intact,
            "events": found.events,
            "unsealed": found.unsealed,
            "days": found.days,
            "rows": found.rows,
            "gaps": to_json(found.gaps),
            "first_break": to_json(broken),
            "unreadable_roots": list(unreadable),
            "proofs": [_proof_json(proof) for proof in found.proofs],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    elif broken is None:
        for proof in found.proofs:
            typer.echo(
                f"{proof.place}  leaf {proof.index} of {proof.size} under the root of {proof.day} {proof.root.hex()}"
            )
        typer.echo(f"intact: {printable(found.what)}, {_counts(found)}")
    if broken is not None:
        raise CliError(f"not intact: {printable(broken.message)}")
    if unreadable:
        more = f" (and {len(unreadable) - 1} more)" if len(unreadable) > 1 else ""
        raise CliError(
            f"{printable(unreadable[0])}{more}. It was passed over, here and by the audit sink ('fieldtrail dlq list "
            "--stage audit'); find out who writes to that topic beside the sink"
        )


def _counts(found: "Verification") -> str:
    parts = [counted(found.events, "event")]
    if found.days:
        parts.append(counted(found.days, "daily root"))
    if found.rows:
        parts.append(counted(found.rows, "row"))
    if found.unsealed:
        parts.append(f"{found.unsealed} of the events younger than the last root")
    if found.gaps:
        parts.append(f"{counted(len(found.gaps), 'gap')} of offsets on record")
    return ", ".join(parts)


def _proof_json(proof: "EventProof") -> dict[str, Any]:
    return {
        "event": proof.place,
        "day": proof.day.isoformat(),
        "root": proof.root.hex(),
        "index": proof.index,
        "size": proof.size,
        "path": [digest.hex() for digest in proof.path],
    }


def _published(settings: "Settings") -> "Published":
    """The roots in Kafka."""
    from fieldtrail.audit.published import published_roots
    from fieldtrail.wiring import connection, make_codec, topic_plan
    from streams.contracts import topics
    from streams.scan import scan

    name = topic_plan(settings).name(topics.ROOTS)
    return published_roots(scan(connection(settings), name), make_codec(settings))


def proof(
    ctx: typer.Context,
    document: Annotated[str, typer.Argument(help="The document's id.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
) -> None:
    """Write a file that proves, offline, that a document's events were sealed by their days' roots.

    Example: fieldtrail audit proof 5f2c9a7e --out 5f2c9a7e.proof.json
    """
    from fieldtrail.audit.asking import audit_store
    from fieldtrail.audit.proof_file import write
    from fieldtrail.audit.verify import verify_document
    from fieldtrail.rendering import printable

    with audit_store(settings_of(ctx)) as client:
        found = verify_document(client, document)
    if found.first_break is not None:
        raise CliError(f"there is no proof, the store is not intact: {printable(found.first_break.message)}")
    if not found.proofs:
        raise CliError(f"no event of document {document!r} is under a root yet; its day is closed when it is over")
    write(out, document, found.proofs)
    typer.echo(f"{out}  {len(found.proofs)} events; check with: fieldtrail audit check-proof {out}")
    if found.unsealed:
        typer.echo(f"{found.unsealed} events are younger than the last root, and not in it")


def check_proof(
    file: Annotated[Path, typer.Argument(help="A file that 'audit proof' wrote.", exists=True, dir_okay=False)],
    root: Annotated[
        list[str] | None, typer.Option(help="A root that you trust, as DAY=HEX; may be repeated. Else compare by eye.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a proof with nothing but the file: neither the store nor Kafka is asked.

    Example: fieldtrail audit check-proof 5f2c9a7e.proof.json --root 2026-10-05=3a7b…
    """
    from fieldtrail.audit.proof_file import read
    from fieldtrail.rendering import printable

    document, proofs = read(file)
    trusted = dict(map(_trusted_root, root)) if root else None
    faults = [(item.place, fault) for item in proofs if (fault := item.fault(trusted)) is not None]
    strangers = [item.place for item in proofs if item.link.event.document_id != document]
    faults += [(place, f"is about another document than {document}") for place in strangers]
    roots = {item.day.isoformat(): item.root.hex() for item in proofs}
    if as_json:
        told = {"document_id": document, "intact": not faults, "events": len(proofs), "roots": roots, "faults": faults}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    if faults:
        raise CliError(f"the proof does not hold: {printable(faults[0][0])}: {printable(faults[0][1])}")
    if not as_json:
        typer.echo(f"the proof holds: {len(proofs)} events of document {printable(document)}")
        for day, digest in roots.items():
            known = "which you trust" if trusted is not None else "compare it with your copy of audit.roots"
            typer.echo(f"root of {day}  {digest}  {known}")


def _trusted_root(text: str) -> tuple[date, bytes]:
    day, _, digest = text.partition("=")
    try:
        return date.fromisoformat(day), bytes.fromhex(digest)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no root; one looks like 2026-10-05=3a7b…", param_hint="--root") from None


def _day(what: str | None) -> date | None:
    """The day that ``what`` is; ``None`` for a document's id."""
    try:
        return None if what is None else date.fromisoformat(what) if len(what) == 10 else None
    except ValueError:
        return None
