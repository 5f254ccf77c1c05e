"""Hostile files harm nothing: each ends as a value or a coded refusal, in bounded time and memory.

``FIELDTRAIL_FUZZ_SECONDS`` (15) is how long the fuzz runs, ``FIELDTRAIL_FUZZ_SEED`` another run of it.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from processors.errors import ErrorCode
from tests.support.fuzz import Case, corpus, make_case
from tests.support.hostile import MOST_MEMORY_MIB, Journey, Stages

_HOSTILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "hostile"
_SECONDS = float(os.environ.get("FIELDTRAIL_FUZZ_SECONDS", "15"))
_SEED = int(os.environ.get("FIELDTRAIL_FUZZ_SEED", "20260101"))
_WORKERS = 2
_OCR_EVERY = 20  # mutated files that are also read, which takes a hundred times as long as all the rest

pytestmark = [pytest.mark.ocr, pytest.mark.timeout(1200 + 2 * _SECONDS)]


@pytest.fixture
def stages() -> Iterator[Stages]:
    with Stages(_WORKERS) as running:
        yield running


@pytest.mark.dataset
@pytest.mark.skipif(not _HOSTILE.exists(), reason="the hostile files are not beside the checkout (shared/data)")
def test_every_hostile_file_ends_in_a_value_or_a_coded_refusal(stages: Stages, tmp_path: Path) -> None:
    files = sorted(path for path in _HOSTILE.glob("*/*") if path.is_file())
    assert files

    def read(path: Path) -> Journey:
        return stages.read(path, tmp_path / f"{path.name}.png")

    with ThreadPoolExecutor(_WORKERS) as threads:
        journeys = dict(zip(files, threads.map(read, files), strict=True))
    defects = {path.name: journey.defects for path, journey in journeys.items() if journey.defects}
    _report(journeys.values(), stages)
    assert not defects
    assert stages.memory.peak < MOST_MEMORY_MIB
    locked = [path for path in files if path.name.startswith(("enc-XI-R6_V5_U_w", "libreoffice-writer-password.pdf"))]
    assert {journeys[path].end for path in locked} == {ErrorCode.ENCRYPTED}


def test_mutated_files_end_in_a_value_or_a_coded_refusal(stages: Stages, tmp_path: Path) -> None:
    seeds = corpus()
    sound = {name: _read(stages, data, tmp_path / name, ocr=True) for name, data in seeds.items()}
    assert {name: journey.end for name, journey in sound.items()} == dict.fromkeys(seeds, "ok")
    deadline = time.monotonic() + _SECONDS
    numbers = count()

    def run(_: int) -> list[Journey]:
        done = []
        while time.monotonic() < deadline:
            index = next(numbers)
            case = make_case(seeds, _SEED, index)
            journey = _read(stages, case.data, tmp_path / str(index), ocr=index % _OCR_EVERY == 0)
            done.append(journey)
            if journey.defects:
                findings.append(_keep(case, index, journey))
        return done

    findings: list[str] = []
    with ThreadPoolExecutor(_WORKERS) as threads:
        journeys = [journey for done in threads.map(run, range(_WORKERS)) for journey in done]
    _report(journeys, stages)
    assert not findings
    assert stages.memory.peak < MOST_MEMORY_MIB
    # That few come through, or that none is refused, would say that the mutations test nothing.
    ends = Counter(journey.end for journey in journeys)
    assert ends["ok"] > len(journeys) / 20
    assert len(journeys) - ends["ok"] > len(journeys) / 20


def test_a_case_can_be_made_again() -> None:
    seeds = corpus()
    assert [make_case(seeds, 1, index) for index in range(200)] == [make_case(seeds, 1, index) for index in range(200)]
    assert sum(make_case(seeds, 1, index).data not in seeds.values() for index in range(200)) > 190


def _read(stages: Stages, data: bytes, path: Path, *, ocr: bool) -> Journey:
    path.write_bytes(data)
    scratch = path.with_name(f"{path.name}.scratch")
    try:
        return stages.read(path, scratch, ocr=ocr)
    finally:
        path.unlink()
        scratch.unlink(missing_ok=True)


def _keep(case: Case, index: int, journey: Journey) -> str:
    """Writes the input where it can be found again, and says where and what it did."""
    folder = Path(tempfile.gettempdir()) / "fieldtrail-fuzz"
    folder.mkdir(exist_ok=True)
    path = folder / f"{_SEED}-{index}-{case.name}"
    path.write_bytes(case.data)
    return f"{path} ({', '.join(case.mutations)}): {'; '.join(journey.defects)}"


def _report(journeys: Iterable[Journey], stages: Stages) -> None:
    """Shown by ``pytest -s`` and with a failure."""
    done = list(journeys)
    ends = Counter(f"{journey.steps[-1].name} {journey.end}" for journey in done)
    slowest = max((step.seconds for journey in done for step in journey.steps), default=0.0)
    lines = [f"{len(done)} files, slowest step {slowest:.1f} s, largest child {stages.memory.peak:.0f} MiB"]
    sys.stdout.write("\n".join(["", *lines, *(f"  {number:6} {end}" for end, number in ends.most_common()), ""]))
