"""The containers' files agree with the code: settings that exist, stages that exist, versions that are the same."""

import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from fieldtrail.doctor import KAFKA_JARS
from fieldtrail.settings import resolve
from fieldtrail.settings_table import DEFAULT_BROKER_PORT, SETTINGS
from fieldtrail.stack.broker import MAX_RECORD_BYTES
from fieldtrail.stack.local import READY_PATH

ROOT = Path(__file__).resolve().parents[3]
WORKERS = ("intake", "recognize", "extract")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.kafka.yml").read_text(encoding="utf-8"))
    return document


def interpolated(value: object) -> str:
    """A value as compose sees it with nothing set: ``${NAME:-default}`` is its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


def kafka_version() -> str:
    pom = ElementTree.parse(ROOT / "deploy" / "kafka" / "pom.xml")
    names = {"m": "http://maven.apache.org/POM/4.0.0"}
    versions = [
        version.text
        for dependency in pom.iterfind(".//m:dependency", names)
        if (version := dependency.find("m:version", names)) is not None
        and dependency.findtext("m:groupId", namespaces=names) == "org.apache.kafka"
    ]
    assert len(set(versions)) == 1
    return str(versions[0])


def test_every_worker_runs_with_settings_that_resolve(compose: dict[str, Any]) -> None:
    known = {row.env for row in SETTINGS} | {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    for name in (*WORKERS, "topics", "bucket"):
        environment = {key: interpolated(value) for key, value in compose["services"][name]["environment"].items()}
        assert set(environment) <= known
        settings = resolve(environ=environment)
        assert settings.kafka.bootstrap_servers == "kafka:9092"
        assert settings.store.object_store_url == "s3://fieldtrail/objects"
        assert settings.registry.url is None


def test_the_workers_share_out_every_stage_once(compose: dict[str, Any]) -> None:
    stages = [stage for name in WORKERS for stage in compose["services"][name]["command"][-1].split(",")]
    assert stages == ["ingest", "classify", "recognize", "extract", "validate", "route"]


def test_one_kafka_version_everywhere(compose: dict[str, Any]) -> None:
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{kafka_version()}"


def test_the_container_broker_is_set_up_as_the_local_one(compose: dict[str, Any]) -> None:
    environment = compose["services"]["kafka"]["environment"]
    assert environment["KAFKA_MESSAGE_MAX_BYTES"] == MAX_RECORD_BYTES
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert f"HOST://127.0.0.1:{DEFAULT_BROKER_PORT}" in environment["KAFKA_ADVERTISED_LISTENERS"]
    assert compose["services"]["kafka"]["ports"] == [f"127.0.0.1:{DEFAULT_BROKER_PORT}:{DEFAULT_BROKER_PORT}"]


def test_long_running_services_have_a_healthcheck(compose: dict[str, Any]) -> None:
    for name in ("kafka", "postgres", *WORKERS):
        assert "healthcheck" in compose["services"][name], name
    assert READY_PATH in " ".join(compose["services"]["intake"]["healthcheck"]["test"])


def test_dependencies_name_services_and_volumes_that_exist(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]


def test_what_the_dockerfile_copies_exists_and_its_image_has_the_projects_version(compose: dict[str, Any]) -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    assert all((ROOT / name).exists() for line in copied for name in line.split())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert compose["services"]["intake"]["image"] == f"fieldtrail:{version}"
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_containers_lock_is_part_of_the_development_lock() -> None:
    def pins(path: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[^ ]+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("requirements/runtime.txt") <= pins("deploy/requirements.txt") <= pins("requirements/dev.txt")


def test_the_doctor_counts_the_jars_that_the_pom_gives() -> None:
    libs = ROOT / ".local" / "kafka" / "libs"
    if not libs.is_dir():
        pytest.skip("Apache Kafka's jars are not fetched: run `make kafka`")
    assert len(list(libs.glob("*.jar"))) == KAFKA_JARS
