"""Children with limits: results, failures as values, and nobody harmed by a neighbour."""

import asyncio
import contextlib
import errno
import os
import select
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sandbox_tasks as tasks

from processors.errors import ErrorCode
from processors.sandbox import Failure, Sandbox

_LONG = 30.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(2, memory_mb=512) as made:
        yield made


def _wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def _read_when_there(path: Path) -> int:
    _wait_for(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in ("Z", "X")


def _failure(result: object, code: ErrorCode) -> Failure:
    assert isinstance(result, Failure), result
    assert result.code is code
    return result


def test_results_come_back_on_the_event_loop_and_without_one(sandbox: Sandbox) -> None:
    async def many() -> list[int | Failure]:
        return await asyncio.gather(*[sandbox.run(tasks.add, number, 1, timeout=_LONG) for number in range(50)])

    assert asyncio.run(many()) == list(range(1, 51))
    assert sandbox.run_blocking(tasks.add, 2, 3, timeout=_LONG) == 5


def test_a_task_over_its_time_is_killed_and_others_are_not(sandbox: Sandbox, tmp_path: Path) -> None:
    async def both() -> tuple[object, object]:
        return await asyncio.gather(
            sandbox.run(tasks.spin_in_c, str(tmp_path / "spin"), timeout=1.0),
            sandbox.run(tasks.sleep_and_tell, str(tmp_path / "sleep"), 1.3, timeout=_LONG),
        )

    late, fine = asyncio.run(both())
    assert "longer than 1 s" in _failure(late, ErrorCode.TIMEOUT).message
    assert fine == "slept"
    _wait_for(lambda: not _is_alive(int((tmp_path / "spin").read_text())))


def test_waiting_for_a_child_does_not_count_as_working_time(tmp_path: Path) -> None:
    with Sandbox(1, memory_mb=512) as sandbox:

        async def queue() -> list[str | Failure]:
            run = [
                sandbox.run(tasks.sleep_and_tell, str(tmp_path / f"{number}"), 0.8, timeout=3.0) for number in range(4)
            ]
            return await asyncio.gather(*run)

        assert asyncio.run(queue()) == ["slept"] * 4


def test_memory_beyond_the_limit_is_a_failure(sandbox: Sandbox) -> None:
    _failure(sandbox.run_blocking(tasks.zeros, 600 * 1024 * 1024, timeout=_LONG), ErrorCode.OUT_OF_MEMORY)
    assert sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG) == 2


@pytest.mark.parametrize(("task", "args", "cause"), [(tasks.leave, (3,), "exit code 3"), (tasks.crash, (), "SIGSEGV")])
def test_a_child_that_dies_is_named_with_its_cause(
    sandbox: Sandbox, task: Callable[..., None], args: tuple[int, ...], cause: str
) -> None:
    failure = _failure(sandbox.run_blocking(task, *args, timeout=_LONG), ErrorCode.WORKER_CRASHED)
    assert cause in failure.message
    assert sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG) == 2


def test_what_the_function_raises_is_internal_and_the_child_goes_on(sandbox: Sandbox) -> None:
    failure = _failure(sandbox.run_blocking(tasks.raise_error, "field", timeout=_LONG), ErrorCode.INTERNAL)
    assert failure.message == "KeyError: 'field'"
    assert "raise_error" in failure.detail
    assert (
        "SystemExit"
        in _failure(sandbox.run_blocking(tasks.stop_interpreter, timeout=_LONG), ErrorCode.INTERNAL).message
    )
    _failure(sandbox.run_blocking(tasks.result_without_pickle, timeout=_LONG), ErrorCode.INTERNAL)


def test_arguments_that_cannot_travel_raise_at_once(sandbox: Sandbox) -> None:
    with pytest.raises((TypeError, AttributeError)):
        sandbox.run_blocking(tasks.echo, lambda: None, timeout=_LONG)  # type: ignore[arg-type]


@pytest.mark.parametrize("moment", range(6))
def test_a_child_killed_at_any_moment_harms_no_other(moment: int) -> None:
    """Also while it writes a large result, which stalls pools whose workers share a pipe."""
    with Sandbox(2, memory_mb=1024) as sandbox:

        async def storm() -> list[bytes | Failure]:
            pids = {pid for pid in [await sandbox.run(tasks.process_id, timeout=_LONG)] if isinstance(pid, int)}
            run = [asyncio.create_task(sandbox.run(tasks.zeros, 12_000_000, timeout=_LONG)) for _ in range(6)]
            await asyncio.sleep(0.01 * moment)
            os.kill(pids.pop(), signal.SIGKILL)
            return await asyncio.gather(*run)

        results = asyncio.run(storm())
    failures = [result for result in results if isinstance(result, Failure)]
    assert len(failures) <= 1
    assert all("SIGKILL" in failure.message for failure in failures)
    assert all(len(result) == 12_000_000 for result in results if isinstance(result, bytes))


def test_large_arguments_travel(sandbox: Sandbox) -> None:
    data = os.urandom(20_000_000)
    assert sandbox.run_blocking(tasks.echo, data, timeout=_LONG) == data


def test_cancelling_the_awaiting_task_kills_the_work(sandbox: Sandbox, tmp_path: Path) -> None:
    async def cancel() -> int:
        work = asyncio.create_task(sandbox.run(tasks.sleep_and_tell, str(tmp_path / "pid"), 60, timeout=_LONG))
        pid = await asyncio.to_thread(_read_when_there, tmp_path / "pid")
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        assert work.cancelled()
        return pid

    pid = asyncio.run(cancel())
    _wait_for(lambda: not _is_alive(pid))
    assert sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG) == 2


def test_a_waiting_task_that_is_cancelled_never_runs(tmp_path: Path) -> None:
    with Sandbox(1, memory_mb=512) as sandbox:

        async def cancel() -> None:
            first = asyncio.create_task(sandbox.run(tasks.sleep_and_tell, str(tmp_path / "a"), 1.0, timeout=_LONG))
            second = asyncio.create_task(sandbox.run(tasks.sleep_and_tell, str(tmp_path / "b"), 0, timeout=_LONG))
            await asyncio.to_thread(_read_when_there, tmp_path / "a")
            second.cancel()
            assert await first == "slept"

        asyncio.run(cancel())
        assert sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG) == 2
    assert not (tmp_path / "b").exists()


def test_children_start_with_the_tasks_that_need_them_and_retire() -> None:
    before = threading.active_count()
    with Sandbox(4, memory_mb=512, max_tasks=3) as sandbox:
        assert threading.active_count() == before
        pids = [sandbox.run_blocking(tasks.process_id, timeout=_LONG) for _ in range(9)]
        # One task at a time needs one child at a time; each does three tasks.
        assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]
    _wait_for(lambda: not any(_is_alive(pid) for pid in pids if isinstance(pid, int)))


def test_a_process_that_a_preloaded_module_left_behind_may_end() -> None:
    with Sandbox(1, memory_mb=512, preload=("sandbox_littering",)) as sandbox:
        stray = sandbox.run_blocking(tasks.littered, timeout=_LONG)
        assert isinstance(stray, int)
        nursery = sandbox.run_blocking(os.getppid, timeout=_LONG)
        assert isinstance(nursery, int)
        os.kill(stray, signal.SIGKILL)
        _wait_for(lambda: not Path(f"/proc/{stray}").exists())  # reaped
        assert _is_alive(nursery)
        assert sandbox.run_blocking(os.getppid, timeout=_LONG) == nursery


def test_preloaded_modules_are_there_and_state_is_per_child() -> None:
    with Sandbox(1, memory_mb=512, preload=("decimal", "processors.document")) as sandbox:
        loaded = sandbox.run_blocking(tasks.modules, timeout=_LONG)
        assert isinstance(loaded, set)
        assert {"decimal", "processors.document"} <= loaded
        assert "pytest" not in loaded
        assert [sandbox.run_blocking(tasks.count_calls, timeout=_LONG) for _ in range(2)] == [1, 2]
    assert tasks.calls == 0


def test_a_sandbox_that_cannot_start_says_that_the_machine_is_at_fault(capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox(2, preload=("no_such_module",)) as sandbox:
        result = sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG)
        assert isinstance(result, Failure)
        assert result.by_machine


def test_a_machine_out_of_processes_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with Sandbox(1) as sandbox:
        with monkeypatch.context() as patch:
            patch.setattr("processors.sandbox.parent.subprocess.Popen", refuse)
            result = sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG)
            assert isinstance(result, Failure)
            assert (result.by_machine, "Too many open files" in result.message) == (True, True)
        assert sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG) == 2


def test_a_machine_that_becomes_crowded_ends_no_child_and_loses_no_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded = tmp_path / "crowded"
    monkeypatch.setenv("TEST_SANDBOX_CROWDED", str(crowded))
    with Sandbox(2, memory_mb=512, preload=("sandbox_crowded",)) as sandbox:

        async def work() -> None:
            first = asyncio.create_task(sandbox.run(tasks.sleep_and_tell, str(tmp_path / "pid"), 0.5, timeout=_LONG))
            pid = await asyncio.to_thread(_read_when_there, tmp_path / "pid")
            crowded.touch()
            others = [sandbox.run(tasks.process_id, timeout=_LONG) for _ in range(5)]
            assert await asyncio.gather(*others) == [pid] * 5, "the one that there is does it all"
            assert await first == "slept"
            crowded.unlink()
            assert await sandbox.run(tasks.add, 1, 1, timeout=_LONG) == 2

        asyncio.run(work())


def test_without_any_child_a_crowded_machine_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = tmp_path / "crowded"
    crowded.touch()
    monkeypatch.setenv("TEST_SANDBOX_CROWDED", str(crowded))
    with Sandbox(2, memory_mb=512, preload=("sandbox_crowded",)) as sandbox:
        result = sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG)
        assert isinstance(result, Failure)
        assert result.by_machine
        crowded.unlink()
        assert sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG) == 2


def test_a_child_whose_death_is_told_before_its_birth_is_heard_gets_no_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its task would wait for ever: the death is told once."""
    monkeypatch.setenv("TEST_SANDBOX_DIED", str(tmp_path / "died"))
    with Sandbox(1, memory_mb=512, preload=("sandbox_short_lived",)) as sandbox:
        dispatcher = sandbox._dispatcher
        selector_select = dispatcher._selector.select

        def select_late(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Comes back once the nursery has something to say, and with that first."""
            if dispatcher._control is not None and dispatcher._workers and dispatcher._workers[0].task is None:
                select.select([dispatcher._control], [], [], _LONG if not (tmp_path / "late").exists() else 0)
                (tmp_path / "late").touch()
            return sorted(selector_select(timeout), key=lambda found: found[0].fileobj is not dispatcher._control)

        monkeypatch.setattr(dispatcher._selector, "select", select_late)
        assert asyncio.run(asyncio.wait_for(sandbox.run(tasks.add, 1, 1, timeout=_LONG), _LONG)) == 2
        assert (tmp_path / "died").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_to_the_whole_group_are_the_parents_business(sandbox: Sandbox, number: signal.Signals) -> None:
    assert sandbox.run_blocking(tasks.send_to_all, number, timeout=_LONG) == "still here"
    assert sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG) == 2


def test_closing_lets_running_tasks_finish_within_the_drain_time(tmp_path: Path) -> None:
    sandbox = Sandbox(1, memory_mb=512)
    results: list[object] = []
    thread = threading.Thread(
        target=lambda: results.append(
            sandbox.run_blocking(tasks.sleep_and_tell, str(tmp_path / "pid"), 0.3, timeout=_LONG)
        )
    )
    thread.start()
    pid = _read_when_there(tmp_path / "pid")
    sandbox.close(drain_s=_LONG)
    thread.join()
    assert results == ["slept"]
    assert not _is_alive(pid)
    with pytest.raises(RuntimeError, match="closed"):
        sandbox.run_blocking(tasks.add, 1, 1, timeout=_LONG)
    sandbox.close()


def test_closing_kills_what_does_not_finish(tmp_path: Path) -> None:
    sandbox = Sandbox(1, memory_mb=512)

    async def run() -> None:
        work = asyncio.create_task(sandbox.run(tasks.spin_in_c, str(tmp_path / "pid"), timeout=3600))
        pid = await asyncio.to_thread(_read_when_there, tmp_path / "pid")
        begin = time.monotonic()
        await asyncio.to_thread(sandbox.close, 0.1)
        assert time.monotonic() - begin < 3
        assert not _is_alive(pid)
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(run())


_PARENT = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import sandbox_tasks as tasks
from processors.sandbox import Sandbox
sandbox = Sandbox(2, memory_mb=512)
for number in range(2):
    threading.Thread(target=sandbox.run_blocking, args=(tasks.spin_in_c, sys.argv[2] + str(number)),
                     kwargs={"timeout": 3600.0}, daemon=True).start()
threading.Event().wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux only")
def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    mark = str(tmp_path / "pid")
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(Path(__file__).parent), mark])
    try:
        pids = [_read_when_there(Path(f"{mark}{number}")) for number in range(2)]
        assert all(_is_alive(pid) for pid in pids)
    finally:
        parent.kill()
        parent.wait()
    _wait_for(lambda: not any(_is_alive(pid) for pid in pids))


def test_overhead_is_well_under_a_millisecond(sandbox: Sandbox) -> None:
    async def measure() -> float:
        await sandbox.run(tasks.add, 1, 1, timeout=_LONG)
        times = []
        for _ in range(200):
            begin = time.perf_counter()
            await sandbox.run(tasks.add, 1, 1, timeout=_LONG)
            times.append(time.perf_counter() - begin)
        return sorted(times)[len(times) // 2]

    assert asyncio.run(measure()) < 0.001


def test_of_a_flood_of_complaints_only_the_beginning_is_passed_on(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.run_blocking(tasks.complain, 100_000, timeout=_LONG) == 100_000
    assert sandbox.run_blocking(tasks.complain, 2, timeout=_LONG) == 2
    said = capfd.readouterr().err.splitlines()
    assert len(said) < 110
    assert said[0] == "row 000000 is damaged"
    assert said[-3].endswith("bytes and more left out]")
    assert said[-2:] == ["row 000000 is damaged", "row 000001 is damaged"]


def test_the_last_words_of_a_child_that_dies_are_passed_on(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    _failure(sandbox.run_blocking(tasks.complain_and_leave, timeout=_LONG), ErrorCode.WORKER_CRASHED)
    said: list[str] = []

    def heard() -> bool:
        said.append(capfd.readouterr().err)
        return "".join(said) == "row 000000 is damaged\n"

    _wait_for(heard)
