"""The command line itself: help, exit codes, errors of one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fieldtrail.cli import main
from fieldtrail.cli.app import COMMAND_MODULES, build_app
from fieldtrail.cli.render import duration, mebibytes, table


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of ``fieldtrail ARGUMENTS``."""
    monkeypatch.setattr(sys, "argv", ["fieldtrail", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    return int(exit_.value.code or 0)


@pytest.fixture(autouse=True)
def _no_settings_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FIELDTRAIL_CONFIG", "FIELDTRAIL_DATA_DIR", "KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(name, raising=False)


def commands() -> list[str]:
    return [
        str(command.name or command.callback.__name__)
        for command in build_app().registered_commands
        if command.callback
    ]


def test_help_lists_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") == 0
    said = capsys.readouterr().out
    assert {"up", "down", "status", "doctor"} <= set(commands())
    assert all(f" {command} " in said for command in commands())


@pytest.mark.parametrize("command", ["up", "down", "status", "doctor"])
def test_every_commands_help_has_an_example(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, command, "--help") == 0
    assert f"Example: fieldtrail {command}" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['fieldtrail', '--help']\nfrom fieldtrail.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'confluent_kafka', 'faust', 'pymupdf', 'numpy', 'cv2', 'boto3', 'sqlalchemy', 'psutil'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_a_wrong_call_is_exit_code_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "up", "--no-workers", "--worker", "all") == 2
    assert "contradict" in capsys.readouterr().err
    assert run(monkeypatch, "no-such-command") == 2


def test_a_bad_setting_is_one_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIELDTRAIL_LOG_LEVEL", "loud")
    assert run(monkeypatch, "status") == 1
    said = capsys.readouterr()
    assert said.err == (
        "fieldtrail: FIELDTRAIL_LOG_LEVEL: 'loud' cannot be used; expected one of DEBUG, INFO, WARNING, ERROR\n"
    )
    assert said.out == ""


def test_status_of_nothing_is_exit_code_1_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "status") == 1
    assert capsys.readouterr().out == f"nothing runs in {tmp_path / 'var'}\nnext   fieldtrail up\n"
    assert run(monkeypatch, "status", "--json", "--data-dir", "elsewhere") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["running"] is False
    assert document["data_dir"] == str(tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists(), "looking creates nothing"


def test_down_of_nothing_is_fine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "down") == 0
    assert capsys.readouterr().out.startswith("nothing runs in ")


def test_up_without_java_says_what_to_install_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert run(monkeypatch, "up", "--no-workers") == 1
    assert "fieldtrail: there is no java in JAVA_HOME" in capsys.readouterr().err
    assert run(monkeypatch, "status") == 1


def test_the_config_option_reaches_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("ft.toml").write_text("data_dir = 'kept'\n")
    run(monkeypatch, "--config", "ft.toml", "status", "--json")
    assert json.loads(capsys.readouterr().out)["data_dir"] == str(Path.cwd() / "kept")


def test_every_command_module_is_there() -> None:
    assert "fieldtrail.cli.stack" in COMMAND_MODULES
    assert len(set(COMMAND_MODULES)) == len(COMMAND_MODULES)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0s"), (59, "59s"), (61, "1m 01s"), (3_661, "1h 01m"), (90_000, "1d 01h")]
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_tables_and_sizes() -> None:
    assert table([("A", "LONG"), ("word", "x")]) == "A     LONG\nword  x"
    assert mebibytes(312 * 1024 * 1024) == "312 MiB"
