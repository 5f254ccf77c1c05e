"""Settings, resolved once at the front door into frozen objects that know where each value came from.

Precedence: command-line flag, then environment variable, then TOML file (``--config`` or ``FIELDTRAIL_CONFIG``, else
``fieldtrail.toml`` in the working directory where there is one), then default. The rows are in
:mod:`fieldtrail.settings_table`; ``fieldtrail doctor`` prints them all.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fieldtrail.errors import FieldtrailError
from fieldtrail.settings_table import BY_NAME, SETTINGS, Setting, Threshold

__all__ = [
    "AuditSettings",
    "ClassifySettings",
    "ClickHouseSettings",
    "ConfidenceSettings",
    "FetchSettings",
    "KafkaSettings",
    "LimitSettings",
    "LogSettings",
    "MemorySettings",
    "RegistrySettings",
    "RouteSettings",
    "SchemaSettings",
    "Settings",
    "SettingsError",
    "StackSettings",
    "StoreSettings",
    "Threshold",
    "TopicSettings",
    "TypeSettings",
    "WorkerSettings",
    "resolve",
]

PORTS_FILE = Path("stack") / "ports.json"
"""Under the data directory: the ports that the local stack chose at its first start, and keeps."""

CLICKHOUSE_PASSWORD_FILE = Path("clickhouse") / "password"
"""Under the data directory: the password that the local stack made for its ClickHouse."""

CLICKHOUSE_USER = "fieldtrail"


class SettingsError(FieldtrailError):
    """A setting cannot be used. The message names the variable or key, the value and what is expected."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach the brokers: the fields of :class:`streams.kafka.KafkaConnection`, which is built from them."""

    bootstrap_servers: str
    security_protocol: str
    sasl_mechanism: str | None
    sasl_username: str | None
    sasl_password: str | None = field(repr=False)
    ssl_ca_location: str | None
    ssl_certificate_location: str | None
    ssl_key_location: str | None
    ssl_key_password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The schema registry; ``url`` is ``None`` where the registry file gives the ids."""

    url: str | None
    username: str | None
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where documents, derived artefacts and operational state lie. ``database_url`` may hold a password."""

    object_store_url: str
    s3_endpoint_url: str | None
    s3_region: str | None
    database_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClickHouseSettings:
    """The audit store. ``dsn`` (it may hold a password) is ``None`` where there is none; ``cluster`` names the cluster
    that tables are made on, if any."""

    dsn: str | None = field(repr=False)
    database: str
    cluster: str | None


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """What the URIs of submissions may point at: absolute folders, and bucket names."""

    allow_files: tuple[Path, ...]
    allow_buckets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one document may be: bytes, pages, pixels of a page, MiB of memory of the process that parses it."""

    max_bytes: int
    max_pages: int
    max_pixels: int
    memory_mb: int


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Processes and bounds of one worker. ``http_port`` 0 means no health and metrics endpoint."""

    parse_processes: int
    ocr_processes: int
    ocr_model: Literal["cascade", "small", "tiny"]
    ocr_engine: Literal["auto", "openvino", "onnxruntime", "paddleocr-onnxruntime", "paddleocr-paddle"]
    ocr_models_dir: Path | None
    ocr_url: str | None
    in_flight: int
    http_host: str
    http_port: int


@dataclass(frozen=True, slots=True)
class ClassifySettings:
    """How files are split into documents."""

    split: Literal["auto", "whole", "every_page"]


@dataclass(frozen=True, slots=True)
class TypeSettings:
    """Where the user's own document types lie."""

    folder: Path


@dataclass(frozen=True, slots=True)
class SchemaSettings:
    """Where the user's own extraction schemas lie, if anywhere."""

    folder: Path | None


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """Thresholds that differ from the router's own, by field type and (stronger) by field name; the audited share."""

    types: Mapping[str, Threshold]
    fields: Mapping[str, Threshold]
    audit_share: float = 0.0


@dataclass(frozen=True, slots=True)
class ConfidenceSettings:
    """The user's own calibration file, if any."""

    calibration: Path | None


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """Whether there is vendor memory."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """How topics are created. ``retention_days`` holds only what differs from the topic's own."""

    partitions: int
    replication: int
    prefix: str
    retention_days: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """The audit sink: whether the local stack runs it, and when it writes a batch."""

    enabled: bool
    batch_rows: int
    batch_ms: int


@dataclass(frozen=True, slots=True)
class StackSettings:
    """The local stack: ``broker_port`` 0 lets it choose; ``broker_heap_mb`` and ``clickhouse_memory_mb`` in MiB."""

    broker_port: int
    kafka_libs: Path
    broker_heap_mb: int
    clickhouse: Literal["auto", "on", "off"]
    clickhouse_memory_mb: int


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is told, and where to."""

    level: str
    otlp_endpoint: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process. ``config_file`` is the TOML file that was read, if any."""

    data_dir: Path
    kafka: KafkaSettings
    registry: RegistrySettings
    store: StoreSettings
    clickhouse: ClickHouseSettings
    fetch: FetchSettings
    limits: LimitSettings
    worker: WorkerSettings
    classify: ClassifySettings
    types: TypeSettings
    schemas: SchemaSettings
    route: RouteSettings
    confidence: ConfidenceSettings
    memory: MemorySettings
    topics: TopicSettings
    audit: AuditSettings
    stack: StackSettings
    log: LogSettings
    config_file: Path | None
    values: Mapping[str, object] = field(repr=False)
    origins: Mapping[str, str] = field(repr=False)

    def origin(self, name: str) -> str:
        """Where the value of ``name`` (``kafka.bootstrap_servers``) came from, in words. ``KeyError`` if unknown."""
        return self.origins[name]


def resolve(flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Resolve every setting once.

    ``flags`` maps setting names to what the command line said (``None`` is "not said"); ``config`` in it is the
    path of the TOML file. ``environ`` is ``os.environ`` unless given; an empty variable counts as unset. Raises
    :class:`SettingsError` for a value that cannot be used, an unknown key, or a file that cannot be read.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    env = os.environ if environ is None else environ
    config_file = _config_file(given.pop("config", None), env)
    in_file = _read_toml(config_file) if config_file else {}
    for name in given:
        if name not in BY_NAME:
            raise SettingsError(f"unknown setting {name!r}{_did_you_mean(name, BY_NAME)}")

    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:  # data_dir is the first row: later defaults hang on it
        data_dir = values.get("data_dir", Path())
        values[setting.name], origins[setting.name] = _resolve_one(setting, given, env, in_file, config_file, data_dir)
    if origins["kafka.bootstrap_servers"] == "default":
        _prefer_local_stack(values, origins)
    if origins["clickhouse.dsn"] == "default":
        _prefer_local_clickhouse(values, origins)
    return _build(values, origins, config_file)


def _resolve_one(
    setting: Setting,
    flags: Mapping[str, object],
    env: Mapping[str, str],
    in_file: Mapping[str, object],
    config_file: Path | None,
    data_dir: Path,
) -> tuple[object, str]:
    if setting.name in flags:
        flag = "--" + setting.name.replace(".", "-").replace("_", "-")
        return _parse(setting, flags[setting.name], flag, Path.cwd()), f"flag {flag}"
    if setting.env and env.get(setting.env, "").strip():
        return _parse(setting, env[setting.env], setting.env, Path.cwd()), f"environment {setting.env}"
    if setting.name in in_file:
        assert config_file is not None
        return _parse(
            setting, in_file[setting.name], f"{setting.name} in {config_file}", config_file.parent
        ), f"file {config_file}"
    return setting.default(data_dir) if callable(setting.default) else setting.default, "default"


def _parse(setting: Setting, raw: object, where: str, base: Path) -> object:
    try:
        return setting.kind.parse(raw, base)
    except (ValueError, TypeError):
        shown = "(hidden)" if setting.secret else repr(raw)
        raise SettingsError(f"{where}: {shown} cannot be used; expected {setting.kind.expected}") from None


def _config_file(flag: object, env: Mapping[str, str]) -> Path | None:
    named = str(flag) if flag is not None else env.get("FIELDTRAIL_CONFIG", "").strip()
    if named:
        path = Path(named).expanduser().resolve()
        if not path.is_file():
            raise SettingsError(f"{'--config' if flag is not None else 'FIELDTRAIL_CONFIG'}: there is no file {path}")
        return path
    here = Path.cwd() / "fieldtrail.toml"
    return here if here.is_file() else None


def _read_toml(path: Path) -> dict[str, object]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML: {error}") from error
    return dict(_flatten(document, "", path))


def _flatten(table: Mapping[str, object], prefix: str, path: Path) -> Iterator[tuple[str, object]]:
    """Yield ``("kafka.bootstrap_servers", value)`` pairs; a key that no row knows is an error."""
    for key, value in table.items():
        name = prefix + key
        if name in BY_NAME:
            yield name, value
        elif isinstance(value, dict) and any(known.startswith(name + ".") for known in BY_NAME):
            yield from _flatten(value, name + ".", path)
        else:
            sections = {known.rpartition(".")[0] for known in BY_NAME} - {""}
            raise SettingsError(f"{path}: unknown key `{name}`{_did_you_mean(name, [*BY_NAME, *sections])}")


def _did_you_mean(name: str, known: Mapping[str, object] | list[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else "; `fieldtrail doctor` lists them all"


def _prefer_local_stack(values: dict[str, Any], origins: dict[str, str]) -> None:
    """Where nobody names a broker and the data directory has a local stack, that stack's broker is meant."""
    port = _kept_port(values["data_dir"], "broker")
    if port is None:
        return
    values["kafka.bootstrap_servers"] = f"127.0.0.1:{port}"
    origins["kafka.bootstrap_servers"] = f"local stack in {values['data_dir']}"


def _prefer_local_clickhouse(values: dict[str, Any], origins: dict[str, str]) -> None:
    """The same for ClickHouse, where the local stack has one."""
    data_dir: Path = values["data_dir"]
    port = _kept_port(data_dir, "clickhouse", needed=False)
    password_file = data_dir / CLICKHOUSE_PASSWORD_FILE
    if port is None or not password_file.is_file() or values["stack.clickhouse"] == "off":
        return
    try:
        password = password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{password_file}: cannot be read ({error.strerror}); whose is it?") from error
    values["clickhouse.dsn"] = embedded_clickhouse_dsn(password, port)
    origins["clickhouse.dsn"] = f"local stack in {data_dir}"


def embedded_clickhouse_dsn(password: str, port: int) -> str:
    """The DSN of the local stack's ClickHouse."""
    return f"http://{CLICKHOUSE_USER}:{password}@127.0.0.1:{port}"


def _kept_port(data_dir: Path, name: str, *, needed: bool = True) -> int | None:
    """The port that the local stack of ``data_dir`` keeps for ``name``; ``None`` where there is no stack.

    Raises :class:`SettingsError` where its file cannot be used, or lacks a name that is ``needed``.
    """
    path = data_dir / PORTS_FILE
    try:
        ports = json.loads(path.read_text(encoding="utf-8"))
        return int(ports[name]) if needed or name in ports else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}); delete it and run `fieldtrail up`") from error


def _build(values: dict[str, Any], origins: dict[str, str], config_file: Path | None) -> Settings:
    def section(prefix: str) -> dict[str, Any]:
        return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}

    return Settings(
        data_dir=values["data_dir"],
        kafka=KafkaSettings(**section("kafka.")),
        registry=RegistrySettings(**section("schema_registry.")),
        store=StoreSettings(
            object_store_url=values["object_store.url"],
            s3_endpoint_url=values["s3.endpoint_url"],
            s3_region=values["s3.region"],
            database_url=values["database.url"],
        ),
        clickhouse=ClickHouseSettings(**section("clickhouse.")),
        fetch=FetchSettings(**section("fetch.")),
        limits=LimitSettings(**section("limits.")),
        worker=WorkerSettings(**section("worker.")),
        classify=ClassifySettings(**section("classify.")),
        types=TypeSettings(**section("types.")),
        schemas=SchemaSettings(**section("schemas.")),
        route=RouteSettings(**values["route.thresholds"], audit_share=values["route.audit_share"]),
        confidence=ConfidenceSettings(**section("confidence.")),
        memory=MemorySettings(**section("memory.")),
        topics=TopicSettings(**section("topics.")),
        audit=AuditSettings(**section("audit.")),
        stack=StackSettings(**section("stack.")),
        log=LogSettings(level=values["log.level"], otlp_endpoint=values["otel.endpoint"]),
        config_file=config_file,
        values=values,
        origins=origins,
    )
