"""Creates and describes the topics on a cluster (``fieldtrail topics``)."""

from collections.abc import Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from streams.contracts.topics import TOPICS, Topic, TopicPlan
from streams.errors import StreamError
from streams.kafka import KafkaConnection, client_log

TIMEOUT_S = 30.0


class ClusterError(StreamError):
    """The cluster refused or did not answer; the message says what and names the topic."""


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic as wanted and as found. ``partitions`` is 0 where it does not exist.

    ``action`` says what :func:`apply` did: created, configured, or unchanged.
    """

    name: str
    doc: str
    public: bool
    partitions: int
    action: str = "unchanged"


def admin_client(connection: KafkaConnection) -> AdminClient:
    """An admin client for ``connection``."""
    return AdminClient(
        {**connection.confluent_config(), "socket.timeout.ms": int(TIMEOUT_S * 1000)}, logger=client_log()
    )


def apply(connection: KafkaConnection, plan: TopicPlan, topics: Iterable[Topic] = TOPICS) -> list[TopicState]:
    """Makes the cluster's topics as the table says. Safe to repeat; never deletes, never lowers a partition count.

    Raises :class:`ClusterError`.
    """
    admin, wanted = admin_client(connection), list(topics)
    before = _partitions(admin)
    missing = [topic for topic in wanted if plan.name(topic) not in before]
    _create(admin, plan, missing)
    changed = _configure(admin, plan, [topic for topic in wanted if topic not in missing])
    after = {**before, **{plan.name(topic): plan.partitions for topic in missing}}
    states = []
    for topic in wanted:
        name = plan.name(topic)
        action = "created" if topic in missing else "configured" if name in changed else "unchanged"
        states.append(TopicState(name, topic.doc, topic.public, after[name], action))
    return states


def describe(connection: KafkaConnection, plan: TopicPlan) -> list[TopicState]:
    """The table's topics as they are on the cluster. Raises :class:`ClusterError`."""
    found = _partitions(admin_client(connection))
    return [TopicState(plan.name(topic), topic.doc, topic.public, found.get(plan.name(topic), 0)) for topic in TOPICS]


def _partitions(admin: AdminClient) -> dict[str, int]:
    try:
        metadata = admin.list_topics(timeout=TIMEOUT_S)
    except KafkaException as error:
        raise ClusterError(f"the brokers do not answer: {error.args[0].str()}") from error
    return {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def _create(admin: AdminClient, plan: TopicPlan, topics: list[Topic]) -> None:
    requests = [
        NewTopic(
            plan.name(topic),
            num_partitions=plan.partitions,
            replication_factor=plan.replication,
            config=plan.config(topic),
        )
        for topic in topics
    ]
    if not requests:
        return
    for name, future in admin.create_topics(requests, request_timeout=TIMEOUT_S).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ClusterError(f"topic {name}: {error.args[0].str()}") from error


def _configure(admin: AdminClient, plan: TopicPlan, topics: list[Topic]) -> set[str]:
    """Sets configuration that differs; returns the names of the topics it changed."""
    resources = [ConfigResource(ResourceType.TOPIC, plan.name(topic)) for topic in topics]
    if not resources:
        return set()
    wanted = {plan.name(topic): plan.config(topic) for topic in topics}
    changes = []
    for resource, future in admin.describe_configs(resources, request_timeout=TIMEOUT_S).items():
        try:
            found = {name: entry.value for name, entry in future.result().items()}
        except KafkaException as error:
            raise ClusterError(f"topic {resource.name}: {error.args[0].str()}") from error
        different = {name: value for name, value in wanted[resource.name].items() if found.get(name) != value}
        if different:
            entries = [
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in different.items()
            ]
            changes.append(ConfigResource(ResourceType.TOPIC, resource.name, incremental_configs=entries))
    if changes:
        for resource, future in admin.incremental_alter_configs(changes, request_timeout=TIMEOUT_S).items():
            try:
                future.result()
            except KafkaException as error:
                raise ClusterError(f"topic {resource.name}: {error.args[0].str()}") from error
    return {change.name for change in changes}
