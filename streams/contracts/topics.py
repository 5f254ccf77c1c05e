"""The topic table: what each topic carries, how long it is kept, and how many partitions it has.

``fieldtrail topics apply`` creates these; nothing creates topics on the fly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.contracts import records
from streams.contracts.records import Record

DAY_MS = 24 * 60 * 60 * 1000

COMPACTED_WITHIN_DAYS = 7
"""After so many days a compacted topic has dropped what a newer record or a tombstone of its key replaced."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. ``record`` is ``None`` for dead letters, which keep the bytes of whatever failed.

    ``retention_days`` of ``None`` keeps records for ever. ``public`` topics are contracts with the outside.
    """

    name: str
    record: type[Record] | None
    retention_days: int | None
    doc: str
    public: bool = False
    compacted: bool = False

    def config(self) -> dict[str, str]:
        """The broker's topic configuration."""
        retention = -1 if self.retention_days is None else self.retention_days * DAY_MS
        # Kafka's own lag is "never": what a tombstone erased could lie in a quiet topic for years.
        bounded = {"max.compaction.lag.ms": str(COMPACTED_WITHIN_DAYS * DAY_MS)} if self.compacted else {}
        return {
            **bounded,
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(retention),
            "max.message.bytes": str(MAX_RECORD_BYTES if self.record is not None else MAX_LETTER_BYTES),
        }


MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Largest record on any topic: a 500-page document's fields and page list fit with room to spare."""

MAX_LETTER_BYTES = MAX_RECORD_BYTES + 256 * 1024
"""Largest dead letter: the largest record with the headers that tell of its failure."""

MAX_INLINE_BYTES = 1024 * 1024
"""Largest document that may travel inside ``documents.submitted``; larger ones go by URI."""

STAGES = ("ingest", "classify", "recognize", "extract", "validate", "route")
"""The stages in the order in which a document passes them."""

LEARNING = ("learn", "learn_feedback")
"""The stages that read finished documents for vendor memory. No document waits for them."""

SUBMITTED = Topic("documents.submitted", records.DocumentSubmitted, 7, "Documents to be read.", public=True)
ACCEPTED = Topic("documents.accepted", records.DocumentAccepted, 7, "Stored, typed, no duplicate.")
CLASSIFIED = Topic("documents.classified", records.DocumentClassified, 7, "With document type and schema.")
RECOGNIZED = Topic("documents.recognized", records.DocumentRecognized, 30, "With words; replay extraction from here.")
EXTRACTED = Topic("documents.extracted", records.DocumentExtracted, 7, "With fields as read.")
VALIDATED = Topic("documents.validated", records.DocumentValidated, 7, "With rules and confidence.")
RESULTS = Topic("documents.results", records.DocumentResult, None, "Finished documents.", public=True)
REVIEW = Topic("documents.review", records.ReviewRequest, 30, "Documents that need a person.")
DECISIONS = Topic("review.decisions", records.ReviewDecision, None, "What persons decided.")
FEEDBACK = Topic("documents.feedback", records.DocumentFeedback, None, "Predicted against right values.")
STATUS = Topic("documents.status", records.DocumentStatus, None, "Where each document stands.", compacted=True)
REPLAY_LOG = Topic("replay.log", records.ReplayLogged, None, "Who replayed what.")
ERASURES = Topic("audit.erasures", records.ErasureLogged, None, "Proofs of what was erased.")

ROOTS = Topic("audit.roots", records.AuditRoot, None, "Daily roots of the audit chains; keep a copy elsewhere.")

AUDIT = "audit"
"""The sink that writes the audit trail. No stage of the pipeline, but it has dead letters as they do."""


def dead_letters(stage: str) -> Topic:
    """The dead-letter topic of ``stage``."""
    return Topic(f"{stage}.dlq", None, 30, f"Records that {stage} gave up on.")


DEAD_LETTERS: Mapping[str, Topic] = {stage: dead_letters(stage) for stage in (*STAGES, *LEARNING)}

AUDIT_DEAD_LETTERS = dead_letters(AUDIT)

INPUTS: Mapping[str, Topic] = dict(
    zip(STAGES, (SUBMITTED, ACCEPTED, CLASSIFIED, RECOGNIZED, EXTRACTED, VALIDATED), strict=True)
)
"""What each stage reads."""

LEARNING_INPUTS: Mapping[str, Topic] = dict(zip(LEARNING, (RESULTS, FEEDBACK), strict=True))
"""What each stage of :data:`LEARNING` reads."""

TOPICS: tuple[Topic, ...] = (
    *INPUTS.values(),
    RESULTS,
    REVIEW,
    DECISIONS,
    FEEDBACK,
    STATUS,
    REPLAY_LOG,
    ERASURES,
    ROOTS,
    *DEAD_LETTERS.values(),
    AUDIT_DEAD_LETTERS,
)


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """How topics are laid out on a cluster. ``prefix`` sets several fieldtrails apart on one cluster.

    ``retention_days`` overrides the table by topic name (without prefix).
    """

    partitions: int = 4
    replication: int = 1
    prefix: str = ""
    retention_days: Mapping[str, int] = field(default_factory=dict)

    def name(self, topic: Topic) -> str:
        """The topic's name on the cluster."""
        return f"{self.prefix}{topic.name}"

    def config(self, topic: Topic) -> dict[str, str]:
        """The topic's configuration with this plan's retention."""
        config = topic.config()
        if topic.name in self.retention_days:
            config["retention.ms"] = str(self.retention_days[topic.name] * DAY_MS)
        return config
