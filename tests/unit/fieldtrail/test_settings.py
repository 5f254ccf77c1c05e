"""Settings: precedence, provenance, and errors that name what is wrong."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldtrail.settings import Settings, SettingsError, Threshold, resolve
from fieldtrail.settings_table import SETTINGS
from streams.kafka import KafkaConnection


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "fieldtrail.toml") -> Path:
    path = Path.cwd() / name
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_need_nothing_and_say_so() -> None:
    settings = resolve(environ={})
    assert settings.data_dir == Path.cwd() / "var"
    assert settings.kafka.bootstrap_servers == "127.0.0.1:27092"
    assert settings.store.object_store_url == (Path.cwd() / "var" / "objects").as_uri()
    assert settings.store.database_url == f"sqlite:///{Path.cwd()}/var/fieldtrail.db"
    assert settings.registry.url is None
    assert {settings.origin(row.name) for row in SETTINGS} == {"default"}


def test_flag_beats_environment_beats_file_beats_default() -> None:
    file = write("[worker]\nin_flight = 2\nocr_processes = 2\nparse_processes = 2\n")
    environ = {"FIELDTRAIL_WORKER_IN_FLIGHT": "3", "FIELDTRAIL_WORKER_OCR_PROCESSES": "3"}
    settings = resolve({"worker.in_flight": 4, "worker.ocr_model": None}, environ)
    assert (settings.worker.in_flight, settings.origin("worker.in_flight")) == (4, "flag --worker-in-flight")
    assert settings.worker.ocr_processes == 3
    assert settings.origin("worker.ocr_processes") == "environment FIELDTRAIL_WORKER_OCR_PROCESSES"
    assert (settings.worker.parse_processes, settings.origin("worker.parse_processes")) == (2, f"file {file}")
    assert (settings.worker.ocr_model, settings.origin("worker.ocr_model")) == ("cascade", "default")


def test_the_named_file_replaces_the_one_in_the_working_directory() -> None:
    write("[log]\nlevel = 'DEBUG'\n")
    other = write("[log]\nlevel = 'ERROR'\n", "other.toml")
    assert resolve(environ={}).log.level == "DEBUG"
    assert resolve(environ={"FIELDTRAIL_CONFIG": "other.toml"}).log.level == "ERROR"
    assert resolve({"config": other}, {"FIELDTRAIL_CONFIG": "fieldtrail.toml"}).config_file == other


def test_relative_paths_start_at_the_file_that_names_them() -> None:
    (Path.cwd() / "etc").mkdir()
    write("data_dir = 'data'\n[fetch]\nallow_files = ['in']\n", "etc/ft.toml")
    settings = resolve({"config": "etc/ft.toml"}, {"KAFKA_SSL_CA_LOCATION": "ca.pem"})
    assert settings.data_dir == Path.cwd() / "etc" / "data"
    assert settings.fetch.allow_files == (Path.cwd() / "etc" / "in",)
    assert settings.kafka.ssl_ca_location == str(Path.cwd() / "ca.pem")


def test_an_empty_variable_is_unset() -> None:
    assert resolve(environ={"SCHEMA_REGISTRY_URL": " ", "FIELDTRAIL_LOG_LEVEL": ""}).registry.url is None


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("FIELDTRAIL_WORKER_IN_FLIGHT", "0", "a whole number, 1 or more"),
        ("FIELDTRAIL_WORKER_IN_FLIGHT", "many", "a whole number, 1 or more"),
        ("FIELDTRAIL_WORKER_HTTP_PORT", "65536", "a whole number, 0 to 65535"),
        ("FIELDTRAIL_WORKER_OCR_MODEL", "huge", "one of cascade, small, tiny"),
        ("SCHEMA_REGISTRY_URL", "registry:8081", "a URL that starts with http: or https:"),
        ("OBJECT_STORE_URL", "/srv/objects", "a URL that starts with file: or s3:"),
        ("FIELDTRAIL_TOPICS_PREFIX", "a b", "letters, digits and ._- as topics may have them"),
        ("FIELDTRAIL_TOPICS_RETENTION_DAYS", "documents.results=0", "a table of topic = days"),
    ],
)
def test_a_bad_value_is_named_with_what_is_expected(variable: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as failure:
        resolve(environ={variable: value})
    assert str(failure.value).startswith(f"{variable}: {value!r} cannot be used; expected {expected}")


def test_a_bad_secret_is_not_shown() -> None:
    write("[kafka]\nsasl_password = 12345\n")
    with pytest.raises(SettingsError, match=r"sasl_password in .*: \(hidden\) cannot be used"):
        resolve(environ={})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[kafka]\nbootstrap_server = 'x:1'\n",
            "unknown key `kafka.bootstrap_server`; did you mean `kafka.bootstrap_servers`?",
        ),
        ("[workers]\nin_flight = 2\n", "unknown key `workers`; did you mean `worker`?"),
        ("[zzz]\n", "unknown key `zzz`; `fieldtrail doctor` lists them all"),
        ("worker = 3\n", "unknown key `worker`"),
        ("[worker\n", "cannot be read as TOML"),
    ],
)
def test_a_mistake_in_the_file_is_an_error(text: str, message: str) -> None:
    file = write(text)
    with pytest.raises(SettingsError) as failure:
        resolve(environ={})
    assert str(file) in str(failure.value)
    assert message in str(failure.value)


def test_a_config_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SettingsError, match="FIELDTRAIL_CONFIG: there is no file"):
        resolve(environ={"FIELDTRAIL_CONFIG": "nowhere.toml"})


def test_an_unknown_flag_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"unknown setting 'kafka.server'"):
        resolve({"kafka.server": "x"}, {})


def test_tables_of_the_file() -> None:
    write(
        "[topics.retention_days]\n'documents.results' = 90\n"
        "[route.thresholds.types.money]\npass = 0.98\nsecond_look = 0.8\n"
        "[route.thresholds.fields.total]\npass = 0.99\nsecond_look = 0.9\n"
    )
    settings = resolve(environ={})
    assert settings.topics.retention_days == {"documents.results": 90}
    assert settings.route.types == {"money": Threshold(0.98, 0.8)}
    assert settings.route.fields == {"total": Threshold(0.99, 0.9)}


@pytest.mark.parametrize(
    "table",
    [
        "types.moneys = { pass = 0.9, second_look = 0.5 }",
        "types.money = { pass = 0.5, second_look = 0.9 }",
        "types.money = { pass = 1.5, second_look = 0.9 }",
        "types.money = { pass = 0.9 }",
        "money = { pass = 0.9, second_look = 0.5 }",
    ],
)
def test_thresholds_that_make_no_sense_are_errors(table: str) -> None:
    write(f"[route.thresholds]\n{table}\n")
    with pytest.raises(SettingsError, match="0 <= second_look <= pass <= 1"):
        resolve(environ={})


def test_lists_from_the_environment() -> None:
    environ = {"FIELDTRAIL_FETCH_ALLOW_BUCKETS": "one, two,", "FIELDTRAIL_TOPICS_RETENTION_DAYS": "a=1,b=20"}
    settings = resolve(environ=environ)
    assert settings.fetch.allow_buckets == ("one", "two")
    assert settings.topics.retention_days == {"a": 1, "b": 20}


def test_the_local_stack_of_the_data_directory_is_the_broker_unless_one_is_named() -> None:
    ports = Path.cwd() / "var" / "stack" / "ports.json"
    ports.parent.mkdir(parents=True)
    ports.write_text(json.dumps({"broker": 31_000}), encoding="utf-8")
    local = resolve(environ={})
    assert local.kafka.bootstrap_servers == "127.0.0.1:31000"
    assert local.origin("kafka.bootstrap_servers") == f"local stack in {Path.cwd() / 'var'}"
    named = resolve(environ={"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9093"})
    assert named.kafka.bootstrap_servers == "kafka.example:9093"


def test_security_settings_reach_the_client_and_stay_out_of_the_repr() -> None:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9093",
        "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_USERNAME": "ada",
        "KAFKA_SASL_PASSWORD": "s3cret",
        "KAFKA_SSL_CA_LOCATION": "/etc/ca.pem",
        "DATABASE_URL": "postgresql+psycopg://ada:s3cret@db/ft",
    }
    settings = resolve(environ=environ)
    assert KafkaConnection(**dataclasses.asdict(settings.kafka)).confluent_config() == {
        "bootstrap.servers": "kafka.example:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "ada",
        "sasl.password": "s3cret",
        "ssl.ca.location": "/etc/ca.pem",
    }
    assert "s3cret" not in repr(settings)


def test_every_row_ends_in_a_dataclass_and_every_variable_is_its_own() -> None:
    settings = resolve(environ={})
    sections = [getattr(settings, field.name) for field in dataclasses.fields(Settings)]
    held = sum(len(dataclasses.fields(section)) for section in sections if dataclasses.is_dataclass(section))
    assert held == len(SETTINGS) - 1 + 1  # data_dir stands alone, route.thresholds fills two
    variables = [row.env for row in SETTINGS if row.env]
    assert len(set(variables)) == len(variables)
    assert all(row.doc.endswith(".") for row in SETTINGS)


@given(st.text(max_size=20).filter(str.strip).filter(lambda value: "\0" not in value))
def test_whatever_the_environment_says_is_a_value_or_a_settings_error(value: str) -> None:
    for row in SETTINGS:
        if row.env:
            try:
                resolve(environ={row.env: value})
            except SettingsError as error:
                assert row.env in str(error)  # noqa: PT017 (many rows in one example)
