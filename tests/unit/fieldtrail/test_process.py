"""One supervised child: restarts, backoff, output, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldtrail.stack.output import BACKUPS, OutputLog
from fieldtrail.stack.process import ProcessSpec, ProcessState, ProcessStatus, RestartPolicy, SupervisedProcess

QUICK = RestartPolicy(first=0.01, cap=0.02, reset_after=30.0, failing_after=3)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-u", "-c", code)


def spec(tmp_path: Path, code: str, **changes: object) -> ProcessSpec:
    values: dict[str, object] = {"settle_s": 0.0, "grace_s": 10.0, **changes}
    return ProcessSpec("child", python(code), tmp_path / "child.log", **values)  # type: ignore[arg-type]


def is_up(now: ProcessStatus) -> bool:
    return now.state is ProcessState.UP


FOREVER = "import signal; print('here'); signal.pause()"


@given(st.integers(1, 200))
def test_backoff_grows_to_its_cap(deaths: int) -> None:
    policy = RestartPolicy(first=0.2, cap=15.0)
    assert policy.delay(deaths) == min(15.0, 0.2 * 2 ** (deaths - 1))
    assert policy.delay(deaths) <= policy.delay(deaths + 1)


def test_a_killed_child_is_noticed_and_started_again(tmp_path: Path) -> None:
    seen: list[ProcessState] = []
    process = SupervisedProcess(spec(tmp_path, FOREVER), lambda now: seen.append(now.state), QUICK)
    process.start()
    try:
        assert process.wait_until(is_up, 20)
        first = process.status.pid
        assert process.kill() == first
        assert process.wait_until(lambda now: is_up(now) and now.pid != first, 20)
        assert process.status.restarts == 1
        assert process.status.problem == "killed by SIGKILL"
    finally:
        process.stop()
    assert process.status.state is ProcessState.STOPPED
    assert seen == [
        ProcessState.STARTING,
        ProcessState.STARTING,
        ProcessState.UP,
        ProcessState.RESTARTING,
        ProcessState.STARTING,
        ProcessState.UP,
        ProcessState.STOPPED,
    ]


def test_a_child_that_keeps_dying_is_failing_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; print('no configuration', file=sys.stderr); sys.exit(3)"
    process = SupervisedProcess(spec(tmp_path, code, settle_s=60.0), policy=QUICK)
    process.start()
    try:
        assert process.wait_until(lambda now: now.state is ProcessState.FAILING and now.pid is None, 20)
        assert process.status.problem == "ended with exit code 3"
        assert process.status.last_lines[-1] == "no configuration"
        restarts = process.status.restarts
        assert process.wait_until(lambda now: now.restarts > restarts, 20), "it is still being tried"
    finally:
        process.stop()


def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    missing = ProcessSpec("child", ("/no/such/program",), tmp_path / "child.log", settle_s=60.0)
    process = SupervisedProcess(missing, policy=QUICK)
    process.start()
    try:
        assert process.wait_until(lambda now: now.problem is not None, 20)
        assert process.status.problem == "ended with exit code 127"
        assert process.status.last_lines == ("/no/such/program: No such file or directory",)
    finally:
        process.stop()


def test_a_child_that_is_not_ready_in_time_is_killed(tmp_path: Path) -> None:
    never = spec(tmp_path, FOREVER, ready=lambda: False, ready_timeout_s=0.3)
    process = SupervisedProcess(never, policy=QUICK)
    process.start()
    try:
        assert process.wait_until(lambda now: now.problem is not None, 20)
        assert process.status.problem == "was not ready within 0 s"
    finally:
        process.stop()


def test_stop_lets_a_child_finish(tmp_path: Path) -> None:
    done = tmp_path / "done"
    code = (
        "import signal, sys, pathlib\n"
        f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(done)!r}).write_text('drained'), sys.exit(0)))\n"
        "print('here')\nwhile True: signal.pause()"
    )
    log = tmp_path / "child.log"
    process = SupervisedProcess(spec(tmp_path, code, ready=lambda: log.exists() and b"here" in log.read_bytes()))
    process.start()
    assert process.wait_until(is_up, 20)
    process.stop()
    assert done.read_text() == "drained"


def test_stop_kills_what_does_not_end_and_all_that_it_started(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    code = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']).pid)\n"
        "while True: signal.pause()"
    )
    process = SupervisedProcess(
        spec(tmp_path, code, grace_s=0.2, ready=lambda: log.exists() and log.stat().st_size > 0)
    )
    process.start()
    assert process.wait_until(is_up, 20)
    child, grandchild = process.status.pid, int(log.read_text())
    assert child is not None
    process.stop()
    assert not psutil.pid_exists(child)
    _, alive = psutil.wait_procs([psutil.Process(grandchild)] if psutil.pid_exists(grandchild) else [], timeout=10)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def test_stop_before_start_and_twice_does_nothing(tmp_path: Path) -> None:
    process = SupervisedProcess(spec(tmp_path, FOREVER))
    process.stop()
    process.stop()
    assert process.status.state is ProcessState.STOPPED
    with pytest.raises(RuntimeError, match="child is not running"):
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, signal\n"
        "from fieldtrail.stack.process import *\n"
        f"log = pathlib.Path({str(tmp_path / 'child.log')!r})\n"
        f"spec = ProcessSpec('child', {python(FOREVER)!r}, log, settle_s=0.0)\n"
        "process = SupervisedProcess(spec)\n"
        "process.start()\n"
        "assert process.wait_until(lambda now: now.state is ProcessState.UP, 20)\n"
        "print(process.status.pid, flush=True)\n"
        "signal.pause()"
    )
    supervisor = subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    with supervisor.stdout:
        child = psutil.Process(int(supervisor.stdout.readline()))
    supervisor.kill()
    assert supervisor.wait() == -signal.SIGKILL
    gone, alive = psutil.wait_procs([child], timeout=10)
    assert gone or all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


def test_output_is_rotated_and_its_tail_kept(tmp_path: Path) -> None:
    log = OutputLog(tmp_path / "logs" / "child.log", max_bytes=100)
    read_end, write_end = os.pipe()
    lines = [f"line {number:03}\n" for number in range(200)]
    with os.fdopen(write_end, "w") as out:
        out.writelines(lines)
    with os.fdopen(read_end, "rb") as stream:
        log.pump(stream)
    assert log.tail() == tuple(line.rstrip() for line in lines[-15:])
    files = [log.path.with_name(f"child.log.{n}") for n in range(BACKUPS, 0, -1)] + [log.path]
    kept = "".join(file.read_text() for file in files)
    assert "".join(lines).endswith(kept)
    assert all(file.stat().st_size <= 100 + len(lines[0]) for file in files)
    assert len(list(log.path.parent.iterdir())) == BACKUPS + 1


def test_an_unwritable_log_shows_in_the_tail_and_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "child.log").mkdir()
    process = SupervisedProcess(spec(tmp_path, "print('x' * 200_000)", settle_s=60.0), policy=QUICK)
    process.start()
    try:
        deadline = time.monotonic() + 20
        assert process.wait_until(lambda now: now.problem is not None, deadline - time.monotonic())
        assert process.status.last_lines[-1] == f"(log {tmp_path / 'child.log'} cannot be written: Is a directory)"
    finally:
        process.stop()
