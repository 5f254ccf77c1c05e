"""What the doctor finds, and that it hides secrets."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fieldtrail import doctor
from fieldtrail.doctor import Finding, Level, examine, hide_password, setting_rows
from fieldtrail.settings import Settings, resolve


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "LOOK_S", 0.2)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is bound but does not listen: connections are refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def finding(settings: Settings, name: str) -> Finding | None:
    return next((found for found in examine(settings) if found.name == name), None)


def test_a_local_broker_that_does_not_run_is_a_warning_a_named_one_a_failure(closed_port: int) -> None:
    address = f"127.0.0.1:{closed_port}"
    named = doctor._broker(resolve(environ={"KAFKA_BOOTSTRAP_SERVERS": address}))
    assert (named.level, named.found.startswith(address)) == (Level.FAIL, True)
    ports = Path.cwd() / "var" / "stack" / "ports.json"
    ports.parent.mkdir(parents=True)
    ports.write_text(f'{{"broker": {closed_port}}}')
    local = doctor._broker(resolve(environ={}))
    assert (local.level, local.remedy) == (Level.WARN, "start the local stack: `fieldtrail up`")


def test_a_bad_client_configuration_is_a_failure_not_a_crash() -> None:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CA_LOCATION": "no.pem",
    }
    found = doctor._broker(resolve(environ=environ))
    assert found.level is Level.FAIL


def test_no_java_is_a_warning_because_only_the_local_broker_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    found = doctor._java(resolve(environ={}))
    assert found.level is Level.WARN
    assert "apt-get install openjdk-17-jre-headless" in found.remedy


def test_an_interrupted_copy_of_the_jars_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.jar").touch()
    found = doctor._kafka_jars(resolve(environ={"FIELDTRAIL_STACK_KAFKA_LIBS": str(tmp_path)}))
    assert (found.level, found.found) == (Level.WARN, f"1 in {tmp_path}")
    for number in range(doctor.KAFKA_JARS):
        (tmp_path / f"{number}.jar").touch()
    assert doctor._kafka_jars(resolve(environ={"FIELDTRAIL_STACK_KAFKA_LIBS": str(tmp_path)})).level is Level.OK


def test_a_data_directory_that_cannot_be_written_fails_and_looking_creates_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bad = doctor._data_dir(resolve(environ={"FIELDTRAIL_DATA_DIR": str(tmp_path / "file")}))
    assert bad.level is Level.FAIL
    assert "Not a directory" in bad.found
    good = doctor._data_dir(resolve(environ={"FIELDTRAIL_DATA_DIR": str(tmp_path / "a" / "b")}))
    assert good.level in (Level.OK, Level.WARN)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(("status", "level"), [(200, Level.OK), (401, Level.OK), (404, Level.FAIL)])
def test_the_registry_is_asked(status: int, level: Level) -> None:
    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/api/subjects" else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/api/"
        found = doctor._registry(resolve(environ={"SCHEMA_REGISTRY_URL": url}))
        thread.join()
    assert found is not None
    assert found.level is level


def test_a_registry_or_database_that_is_not_there_fails(closed_port: int) -> None:
    registry = doctor._registry(resolve(environ={"SCHEMA_REGISTRY_URL": f"http://127.0.0.1:{closed_port}"}))
    database = doctor._database(resolve(environ={"DATABASE_URL": f"postgresql://a:b@127.0.0.1:{closed_port}/x"}))
    assert registry is not None
    assert database is not None
    assert (registry.level, database.level) == (Level.FAIL, Level.FAIL)
    assert doctor._registry(resolve(environ={})) is None
    assert doctor._database(resolve(environ={})) is None


def test_a_bucket_that_is_not_there_fails(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    environ = {
        "OBJECT_STORE_URL": "s3://bucket/prefix",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}",
        "AWS_REGION": "us-east-1",
    }
    found = doctor._object_store(resolve(environ=environ))
    assert (found.level, found.found.startswith("s3://bucket: ")) == (Level.FAIL, True)


def test_secrets_and_passwords_in_urls_are_hidden() -> None:
    environ = {"KAFKA_SASL_PASSWORD": "s3cret", "DATABASE_URL": "postgresql+psycopg://ada:s3cret@db:5432/ft"}
    rows = {row.name: row for row in setting_rows(resolve(environ=environ))}
    assert rows["kafka.sasl_password"].value == "********"
    assert rows["kafka.sasl_password"].origin == "environment KAFKA_SASL_PASSWORD"
    assert rows["database.url"].value == "postgresql+psycopg://ada:********@db:5432/ft"
    assert rows["kafka.ssl_key_password"].value == "-"
    assert rows["fetch.allow_files"].value == "-"
    assert rows["worker.ocr_model"].value == "cascade"
    assert hide_password("http://x/y") == "http://x/y"


@pytest.mark.parametrize("size", ["tiny", "small"])
def test_ocr_models_are_looked_for_file_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    for name in ("tiny", "small"):
        for part in ("det", "rec"):
            (tmp_path / "ppocrv6" / name / part).mkdir(parents=True)
            (tmp_path / "ppocrv6" / name / part / f"{part}.onnx").touch()
    for module in ("fieldtrail.doctor", "processors.recognition.model_files"):
        monkeypatch.setattr(f"{module}.models_folder", lambda: tmp_path)
    assert doctor._ocr_models(resolve(environ={})) == Finding("ocr models", Level.OK, str(tmp_path))
    lost = tmp_path / "ppocrv6" / size / "rec" / "rec.onnx"
    lost.unlink()
    found = doctor._ocr_models(resolve(environ={}))
    assert (found.level, found.found) == (Level.FAIL, f"{lost} is missing")
    assert "requirements/models.txt" in found.remedy


def test_the_package_of_the_ocr_models_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> Path:
        raise RuntimeError("The OCR models are missing.")

    monkeypatch.setattr("fieldtrail.doctor.models_folder", absent)
    found = doctor._ocr_models(resolve(environ={}))
    assert (found.level, found.found) == (Level.FAIL, "The OCR models are missing.")


def test_a_whole_examination_of_this_machine_names_each_part_once() -> None:
    names = [found.name for found in examine(resolve(environ={}))]
    assert names == [
        "python",
        "java",
        "maven",
        "kafka jars",
        "opencv",
        "ocr engine",
        "ocr models",
        "data dir",
        "broker",
        "object store",
        "clickhouse",
    ]
    assert finding(resolve(environ={}), "python") is not None
