"""The table of settings: every name, where it may come from, what it accepts, its default and what it is for.

One row per setting. :mod:`fieldtrail.settings` resolves the rows into frozen objects, ``fieldtrail doctor`` prints
them; nothing else reads the environment.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fieldtrail.machine import ocr_processes, usable_cores
from processors.fields import FieldType

DEFAULT_BROKER_PORT = 27092
"""Below the ephemeral port range of Linux (32768 and up), so that no outgoing connection happens to sit on it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Confidence from which a field goes straight through, and from which a second look is enough (below: a person)."""

    straight: float
    second_look: float


@dataclass(frozen=True, slots=True)
class Kind:
    """How a raw value becomes a typed one.

    ``parse`` takes the raw value (``str`` from the environment, any TOML type from a file) and the folder that
    relative paths start from; it raises ``ValueError`` or ``TypeError`` where the value is not what ``expected`` says.
    """

    expected: str
    parse: Callable[[object, Path], object]


@dataclass(frozen=True, slots=True)
class Setting:
    """One row. ``env`` is ``None`` for what only a file can say. A callable default takes the data directory."""

    name: str
    env: str | None
    kind: Kind
    default: object | Callable[[Path], object]
    doc: str
    secret: bool = False


def _text(raw: object, _base: Path) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError
    return raw.strip()


def _path(raw: object, base: Path) -> Path:
    if not isinstance(raw, str | Path) or not str(raw).strip():
        raise ValueError
    try:
        return (base / Path(raw).expanduser()).resolve()
    except RuntimeError as error:  # `~name` of a user that there is not
        raise ValueError from error


def _items(raw: object) -> list[object]:
    if isinstance(raw, str):
        return [part.strip() for part in raw.split(",") if part.strip()]
    if isinstance(raw, list | tuple):
        return list(raw)
    raise ValueError


def _whole(minimum: int, maximum: int | None = None) -> Kind:
    def parse(raw: object, _base: Path) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise TypeError
        number = int(raw)
        if number < minimum or (maximum is not None and number > maximum):
            raise ValueError
        return number

    return Kind(f"a whole number, {minimum} {'or more' if maximum is None else f'to {maximum}'}", parse)


PORT = _whole(0, 65_535)


def _one_of(*choices: str) -> Kind:
    def parse(raw: object, base: Path) -> str:
        value = _text(raw, base)
        for choice in choices:
            if value.casefold() == choice.casefold():
                return choice
        raise ValueError

    return Kind(f"one of {', '.join(choices)}", parse)


def _url(*schemes: str) -> Kind:
    """A URL of one of ``schemes``; ``postgresql`` also takes ``postgresql+driver``."""

    def parse(raw: object, base: Path) -> str:
        value = _text(raw, base)
        scheme, colon, rest = value.partition(":")
        if not colon or not rest or scheme.split("+")[0] not in schemes:
            raise ValueError
        return value

    return Kind("a URL that starts with " + " or ".join(f"{scheme}:" for scheme in schemes), parse)


def _prefix(raw: object, base: Path) -> str:
    value = _text(raw, base)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", value):
        raise ValueError
    return value


def _name(raw: object, base: Path) -> str:
    value = _text(raw, base)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", value):
        raise ValueError
    return value


def _retention(raw: object, _base: Path) -> dict[str, int]:
    """``{topic: days}`` from a TOML table, or ``topic=days,topic=days`` from the environment."""
    pairs = dict(str(part).split("=", 1) for part in _items(raw)) if isinstance(raw, str) else raw
    if not isinstance(pairs, Mapping):
        raise TypeError
    days = {str(topic).strip(): int(value) for topic, value in pairs.items()}
    if any(value < 1 for value in days.values()):
        raise ValueError
    return days


def _threshold(raw: object) -> Threshold:
    if not isinstance(raw, Mapping) or set(raw) != {"pass", "second_look"}:
        raise ValueError
    straight, second_look = float(raw["pass"]), float(raw["second_look"])
    if not 0 <= second_look <= straight <= 1:
        raise ValueError
    return Threshold(straight, second_look)


def _switch(raw: object, _base: Path) -> bool:
    if isinstance(raw, bool):
        return raw
    if not isinstance(raw, str) or raw.strip().lower() not in ("true", "false"):
        raise ValueError
    return raw.strip().lower() == "true"


def _share(raw: object, _base: Path) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise TypeError
    share = float(raw)
    if not 0 <= share <= 1:
        raise ValueError
    return share


def _thresholds(raw: object, _base: Path) -> dict[str, dict[str, Threshold]]:
    if not isinstance(raw, Mapping) or not set(raw) <= {"types", "fields"}:
        raise ValueError
    parsed = {
        group: {str(key): _threshold(value) for key, value in raw.get(group, {}).items()}
        for group in ("types", "fields")
    }
    if not set(parsed["types"]) <= {kind.value for kind in FieldType}:
        raise ValueError
    return parsed


TEXT = Kind("a non-empty text", _text)
PATH = Kind("a path", _path)
FILE = Kind("a path", lambda raw, base: str(_path(raw, base)))
NAME = Kind("letters, digits and _, as a database may be called", _name)
PREFIX = Kind("letters, digits and ._- as topics may have them", _prefix)
PATHS = Kind(
    "a list of paths (comma-separated in the environment)", lambda raw, base: tuple(_path(i, base) for i in _items(raw))
)
NAMES = Kind(
    "a list of names (comma-separated in the environment)", lambda raw, base: tuple(_text(i, base) for i in _items(raw))
)
SHARE = Kind("a share, 0 to 1", _share)
SWITCH = Kind("true or false", _switch)
RETENTION = Kind("a table of topic = days, days 1 or more (topic=days,… in the environment)", _retention)
THRESHOLDS = Kind(
    "tables `types.<field type>` and `fields.<field name>` of { pass = 0.95, second_look = 0.70 }, with "
    f"0 <= second_look <= pass <= 1 and field types {', '.join(FieldType)}",
    _thresholds,
)


def _cores(_data_dir: Path) -> int:
    return usable_cores()


def _ocr_processes(_data_dir: Path) -> int:
    return ocr_processes(share=0.25)  # the worker does much else


def _checkout_kafka_libs(_data_dir: Path) -> Path:
    """Where ``make`` puts Kafka's jars: beside the source of an editable installation."""
    return Path(__file__).resolve().parents[1] / ".local" / "kafka" / "libs"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "data_dir",
        "FIELDTRAIL_DATA_DIR",
        PATH,
        lambda _: Path.cwd() / "var",
        "Folder of the local stack's data and logs.",
    ),
    # The broker
    Setting(
        "kafka.bootstrap_servers",
        "KAFKA_BOOTSTRAP_SERVERS",
        TEXT,
        f"127.0.0.1:{DEFAULT_BROKER_PORT}",
        "Brokers as host:port,…; unset, it is the local stack of the data directory.",
    ),
    Setting(
        "kafka.security_protocol",
        "KAFKA_SECURITY_PROTOCOL",
        _one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        "PLAINTEXT",
        "How clients talk to the brokers.",
    ),
    Setting(
        "kafka.sasl_mechanism",
        "KAFKA_SASL_MECHANISM",
        _one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
        None,
        "SASL mechanism, where the protocol is SASL_….",
    ),
    Setting("kafka.sasl_username", "KAFKA_SASL_USERNAME", TEXT, None, "SASL user name."),
    Setting("kafka.sasl_password", "KAFKA_SASL_PASSWORD", TEXT, None, "SASL password.", secret=True),
    Setting(
        "kafka.ssl_ca_location", "KAFKA_SSL_CA_LOCATION", FILE, None, "PEM file of the CA that signed the brokers."
    ),
    Setting(
        "kafka.ssl_certificate_location",
        "KAFKA_SSL_CERTIFICATE_LOCATION",
        FILE,
        None,
        "PEM file of the client's certificate.",
    ),
    Setting("kafka.ssl_key_location", "KAFKA_SSL_KEY_LOCATION", FILE, None, "PEM file of the client's private key."),
    Setting(
        "kafka.ssl_key_password", "KAFKA_SSL_KEY_PASSWORD", TEXT, None, "Password of the private key.", secret=True
    ),
    # The schema registry
    Setting(
        "schema_registry.url",
        "SCHEMA_REGISTRY_URL",
        _url("http", "https"),
        None,
        "Confluent-compatible schema registry; unset, the registry file in avro/ gives the ids.",
    ),
    Setting("schema_registry.username", "SCHEMA_REGISTRY_USERNAME", TEXT, None, "User name for the registry."),
    Setting(
        "schema_registry.password", "SCHEMA_REGISTRY_PASSWORD", TEXT, None, "Password for the registry.", secret=True
    ),
    # The stores
    Setting(
        "object_store.url",
        "OBJECT_STORE_URL",
        _url("file", "s3"),
        lambda data_dir: (data_dir / "objects").as_uri(),
        "Originals and recognised words: file:///folder or s3://bucket/prefix.",
    ),
    Setting(
        "s3.endpoint_url", "AWS_ENDPOINT_URL", _url("http", "https"), None, "S3 endpoint, where it is not AWS's own."
    ),
    Setting("s3.region", "AWS_REGION", TEXT, None, "S3 region; credentials come from boto3's usual chain."),
    Setting(
        "database.url",
        "DATABASE_URL",
        _url("sqlite", "postgresql"),
        lambda data_dir: f"sqlite:///{data_dir / 'fieldtrail.db'}",
        "Operational state: sqlite:///file or postgresql+psycopg://….",
    ),
    # The audit trail
    Setting(
        "clickhouse.dsn",
        "CLICKHOUSE_DSN",
        _url("http", "https", "clickhouse", "clickhouses"),
        None,
        "ClickHouse of the audit trail: http://user:password@host:8123; unset, it is the local stack's.",
        secret=True,
    ),
    Setting(
        "clickhouse.database",
        "FIELDTRAIL_CLICKHOUSE_DATABASE",
        NAME,
        "fieldtrail",
        "Database of the audit trail's tables.",
    ),
    Setting(
        "clickhouse.cluster",
        "FIELDTRAIL_CLICKHOUSE_CLUSTER",
        NAME,
        None,
        "Cluster on which the tables are made, replicated; unset, they are made on the one server.",
    ),
    # What a submission may point at
    Setting(
        "fetch.allow_files",
        "FIELDTRAIL_FETCH_ALLOW_FILES",
        PATHS,
        (),
        "Folders that file: URIs may read; none by default.",
    ),
    Setting(
        "fetch.allow_buckets",
        "FIELDTRAIL_FETCH_ALLOW_BUCKETS",
        NAMES,
        (),
        "Buckets that s3: URIs may read; none by default.",
    ),
    # Limits of one document
    Setting("limits.max_bytes", "FIELDTRAIL_LIMITS_MAX_BYTES", _whole(1), 50 * 1024 * 1024, "Largest file, in bytes."),
    Setting("limits.max_pages", "FIELDTRAIL_LIMITS_MAX_PAGES", _whole(1), 2_000, "Most pages of one document."),
    Setting("limits.max_pixels", "FIELDTRAIL_LIMITS_MAX_PIXELS", _whole(1), 120_000_000, "Most pixels of one page."),
    Setting(
        "limits.memory_mb",
        "FIELDTRAIL_LIMITS_MEMORY_MB",
        _whole(256),
        2_048,
        "Most memory one parsing process may take, in MiB.",
    ),
    # The worker
    Setting(
        "worker.parse_processes",
        "FIELDTRAIL_WORKER_PARSE_PROCESSES",
        _whole(1),
        _cores,
        "Processes that parse documents.",
    ),
    Setting(
        "worker.ocr_processes",
        "FIELDTRAIL_WORKER_OCR_PROCESSES",
        _whole(1),
        _ocr_processes,
        "Processes that recognise pages, one thread each; by default one a core, as far as memory goes.",
    ),
    Setting(
        "worker.ocr_model",
        "FIELDTRAIL_WORKER_OCR_MODEL",
        _one_of("cascade", "small", "tiny"),
        "cascade",
        "Which OCR model reads; cascade: tiny first, small for lines that are unsure or matter.",
    ),
    Setting(
        "worker.ocr_engine",
        "FIELDTRAIL_WORKER_OCR_ENGINE",
        _one_of("auto", "openvino", "onnxruntime", "paddleocr-onnxruntime", "paddleocr-paddle"),
        "auto",
        "What runs the OCR networks in the worker's own processes; auto: OpenVINO.",
    ),
    Setting(
        "worker.ocr_models_dir",
        "FIELDTRAIL_WORKER_OCR_MODELS_DIR",
        PATH,
        None,
        "Folder of OCR models in Paddle's format, for the engine paddleocr-paddle.",
    ),
    Setting(
        "worker.ocr_url",
        "FIELDTRAIL_WORKER_OCR_URL",
        _url("http", "https"),
        None,
        "OCR server to send pages to; unset, the worker's own processes recognise them.",
    ),
    Setting("worker.in_flight", "FIELDTRAIL_WORKER_IN_FLIGHT", _whole(1), 16, "Records a stage works on at once."),
    Setting(
        "worker.http_host",
        "FIELDTRAIL_WORKER_HTTP_HOST",
        TEXT,
        "127.0.0.1",
        "Address that the worker's health and metrics listen on; 0.0.0.0 in a container.",
    ),
    Setting(
        "worker.http_port",
        "FIELDTRAIL_WORKER_HTTP_PORT",
        PORT,
        9464,
        "Port of the worker's health and metrics; 0 is off.",
    ),
    # The classification
    Setting(
        "classify.split",
        "FIELDTRAIL_CLASSIFY_SPLIT",
        _one_of("auto", "whole", "every_page"),
        "auto",
        "Whether a file of several documents is split: auto, whole (never) or every_page.",
    ),
    Setting(
        "types.folder",
        "FIELDTRAIL_TYPES_FOLDER",
        PATH,
        lambda data_dir: data_dir / "types",
        "Folder of your own document types, kept by `fieldtrail types`.",
    ),
    # The schemas
    Setting(
        "schemas.folder",
        "FIELDTRAIL_SCHEMAS_FOLDER",
        PATH,
        None,
        "Folder of your own extraction schemas and overlays; unset, there are the packaged ones.",
    ),
    # The route
    Setting(
        "route.thresholds",
        None,
        THRESHOLDS,
        {"types": {}, "fields": {}},
        "Confidence thresholds per field type and per field.",
    ),
    Setting(
        "route.audit_share",
        "FIELDTRAIL_ROUTE_AUDIT_SHARE",
        SHARE,
        0.0,
        "Share of straight-through documents that a person looks at afterwards, to measure the errors.",
    ),
    # Confidence
    Setting(
        "confidence.calibration",
        "FIELDTRAIL_CONFIDENCE_CALIBRATION",
        PATH,
        None,
        "Calibration file that `fieldtrail calibrate` wrote; unset, the packaged one.",
    ),
    # Vendor memory
    Setting(
        "memory.enabled",
        "FIELDTRAIL_MEMORY_ENABLED",
        SWITCH,
        True,
        "Whether finished documents teach where a vendor prints each field, and the next ones are read by that.",
    ),
    # The topics
    Setting("topics.partitions", "FIELDTRAIL_TOPICS_PARTITIONS", _whole(1), 4, "Partitions of a new topic."),
    Setting(
        "topics.replication", "FIELDTRAIL_TOPICS_REPLICATION", _whole(1), 1, "Replicas of a new topic; 3 in production."
    ),
    Setting(
        "topics.prefix", "FIELDTRAIL_TOPICS_PREFIX", PREFIX, "", "Put before every topic's name, to share brokers."
    ),
    Setting(
        "topics.retention_days",
        "FIELDTRAIL_TOPICS_RETENTION_DAYS",
        RETENTION,
        {},
        "Retention per topic, where it differs from the topic's own.",
    ),
    # The audit sink
    Setting(
        "audit.enabled",
        "FIELDTRAIL_AUDIT_ENABLED",
        SWITCH,
        True,
        "Whether the local stack writes an audit trail, where there is a ClickHouse.",
    ),
    Setting(
        "audit.batch_rows",
        "FIELDTRAIL_AUDIT_BATCH_ROWS",
        _whole(1),
        10_000,
        "Rows that the audit sink gathers before it writes them.",
    ),
    Setting(
        "audit.batch_ms",
        "FIELDTRAIL_AUDIT_BATCH_MS",
        _whole(1),
        500,
        "Milliseconds after which it writes what it has.",
    ),
    # The local stack
    Setting(
        "stack.broker_port",
        "FIELDTRAIL_STACK_BROKER_PORT",
        PORT,
        0,
        f"Port of the local broker; 0 takes {DEFAULT_BROKER_PORT} or a free one and keeps it.",
    ),
    Setting("stack.kafka_libs", "FIELDTRAIL_STACK_KAFKA_LIBS", PATH, _checkout_kafka_libs, "Folder of Kafka's jars."),
    Setting(
        "stack.broker_heap_mb",
        "FIELDTRAIL_STACK_BROKER_HEAP_MB",
        _whole(256),
        512,
        "Java heap of the local broker, in MiB.",
    ),
    Setting(
        "stack.clickhouse",
        "FIELDTRAIL_STACK_CLICKHOUSE",
        _one_of("auto", "on", "off"),
        "auto",
        "Whether the local stack has a ClickHouse; auto: where it can run and CLICKHOUSE_DSN names no other.",
    ),
    Setting(
        "stack.clickhouse_memory_mb",
        "FIELDTRAIL_STACK_CLICKHOUSE_MEMORY_MB",
        _whole(512),
        2_048,
        "Most memory of the local ClickHouse, in MiB.",
    ),
    # Telling
    Setting(
        "otel.endpoint",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        _url("http", "https"),
        None,
        "OpenTelemetry collector (OTLP); unset, nothing is sent.",
    ),
    Setting(
        "log.level",
        "FIELDTRAIL_LOG_LEVEL",
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        "INFO",
        "Least level that is logged.",
    ),
)

BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}
