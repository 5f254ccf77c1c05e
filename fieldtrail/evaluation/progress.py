"""How a run goes, on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fieldtrail.evaluation.evaluate import Watcher
from fieldtrail.rendering import printable
from processors.evaluation.model import Prediction


class _Bar(Watcher):
    """Draws on ``progress``."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)
        self._failed = 0

    def begin(self, files: int, kept: int) -> None:
        self._progress.update(self._task, total=files, completed=kept, description="reading")

    def warn(self, sentence: str) -> None:
        self._progress.console.print(f"[yellow]warning[/yellow]  {escape(printable(sentence))}", highlight=False)

    def read(self, prediction: Prediction) -> None:
        self._failed += prediction.error is not None
        failed = f"[red]{self._failed} failed[/red]  " if self._failed else ""
        if prediction.pages is not None:  # a document of a packet, whose own line counts
            return
        name = escape(printable(Path(prediction.file).name))
        self._progress.update(self._task, advance=1, description=f"{failed}{name}")

    def scoring(self) -> None:
        self._progress.update(self._task, description="scoring")


@contextmanager
def progress_bar() -> Iterator[Watcher]:
    """A bar that tells what was read last and how many failed; it goes when the run ends."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)
