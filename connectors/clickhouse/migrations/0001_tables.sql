-- The audit trail's tables. Placeholders: ${database}, ${on_cluster}, ${replacing} (the engine's name: replicated on a
-- cluster). Every statement may run again: two appliers at once end in the same state.
--
-- What holds for all of them:
--   * A row's sort key is its identity and comes from the record, never from the moment of writing, so a batch that is
--     written again replaces itself. `version` is the Kafka offset of the record: of two rows of one identity (a stage that
--     died between producing and acknowledging produces twice) the later one stands. Read with FINAL, or the v_ views.
--   * The partition comes from the identity too: a row never moves to another month when it is written again.
--   * Empty text, 0 and an empty array stand for "none", except where 0 means something; those columns are Nullable.
--   * Times are UTC. `at` is the broker's timestamp of the record that the row comes from.
--   * Sort keys begin with document_id, because most questions are about one document: they read one granule of 1,024 rows
--     (not the usual 8,192: the rows are wide). A bloom filter beside the key spares one granule in every other part, so
--     that a question does not grow with the months. Only events are sorted by their place in Kafka, in which chains are
--     read and their heads looked up; a bloom filter finds a document's events. The other skip indexes serve the questions
--     that begin with a file, a vendor, a number, a result, a day. tests/integration/test_clickhouse_store.py holds them
--     to it by EXPLAIN.
--   * No row ends by itself (TTL): one that vanished would look like one that somebody removed. `fieldtrail retention apply`
--     erases what is old, and leaves a proof.
--   * A row's hash covers all its columns but these two: `row_salt`, which comes from the bytes of its record, and
--     `values_hash`, which covers the columns that an erasure blanks, salted. `event_places` lists the rows of each event with
--     their hashes, and the event's `rows_hash` covers that list.

CREATE TABLE IF NOT EXISTS ${database}.documents ${on_cluster}
(
    document_id            String COMMENT 'The document.',
    revision               UInt32 COMMENT 'The pass over it, from 1; a replay makes a new one.',
    stage                  Enum8('accepted' = 1, 'classified' = 2, 'recognized' = 3, 'extracted' = 4, 'validated' = 5,
                                 'routed' = 6, 'resolved' = 7)
                           COMMENT 'What is known after this stage. v_documents has the latest one of each revision.',
    version                UInt64 COMMENT 'Kafka offset of the record; of equal keys the highest stands.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it is.',
    parent_document_id     String COMMENT 'The packet that it was split from.',
    first_page             UInt32 COMMENT 'First page in the packet, from 1.',
    last_page              UInt32 COMMENT 'Last page in the packet.',
    content_uri            String COMMENT 'Where the original lies.' CODEC(ZSTD(1)),
    content_sha256         String COMMENT 'SHA-256 of the original, in hexadecimal.' CODEC(ZSTD(1)),
    media_type             LowCardinality(String) COMMENT 'Type of the original.',
    size_bytes             Nullable(UInt64) COMMENT 'Size of the original; results do not say it.',
    page_count             UInt32 COMMENT 'Pages of the document.',
    filename               String COMMENT 'Name of the original as submitted.' CODEC(ZSTD(1)),
    requested_type         LowCardinality(String) COMMENT 'Document type that the submission asked for.',
    requested_schema       LowCardinality(String) COMMENT 'Extraction schema that the submission asked for.',
    metadata               Map(String, String) COMMENT 'What the producer sent along.',
    submitted_at           DateTime64(3, 'UTC') COMMENT 'When it was submitted.',
    completed_at           Nullable(DateTime64(3, 'UTC')) COMMENT 'When its result was made.',
    document_type          LowCardinality(String) COMMENT 'What it was classified as.',
    type_confidence        Nullable(Float64) COMMENT 'Confidence in the type, 0 to 1.',
    type_basis             LowCardinality(String) COMMENT 'What the classification rests on.',
    type_reason            String COMMENT 'Why, in a sentence.' CODEC(ZSTD(1)),
    schema_name            LowCardinality(String) COMMENT 'Extraction schema.',
    schema_version         LowCardinality(String) COMMENT 'Its version.',
    decision               LowCardinality(String) COMMENT 'straight_through, review, duplicate, or what a reviewer decided (approved, corrected, rejected).',
    duplicate_of           String COMMENT 'The document whose content it repeats; nothing was read again.',
    reasons                Array(String) COMMENT 'Why it was routed to review.' CODEC(ZSTD(1)),
    review_required_fields Array(LowCardinality(String)) COMMENT 'Fields and cells that a person had to settle.',
    missing_required       Array(LowCardinality(String)) COMMENT 'Required fields that were not read.',
    failed_rules           Array(Tuple(rule LowCardinality(String), message String, fields Array(String)))
                           COMMENT 'Rules that failed, with the fields that they name.' CODEC(ZSTD(1)),
    notes                  Array(String) COMMENT 'What the stages noted.' CODEC(ZSTD(1)),
    vendor_name            String COMMENT 'Seller as read.' CODEC(ZSTD(1)),
    vendor_key             String COMMENT 'Its name for comparison: plain small letters and digits.',
    vendor_tax_key         String COMMENT 'Its tax id for comparison: letters and digits alone.',
    number                 String COMMENT 'Document number as read.' CODEC(ZSTD(1)),
    number_key             String COMMENT 'Document number for comparison: letters and digits alone, small.',
    amount                 Nullable(Decimal(38, 12)) COMMENT 'Total amount.',
    currency               LowCardinality(String) COMMENT 'Its currency, ISO 4217.',
    issue_date             Nullable(Date32) COMMENT 'Date of issue.',
    result_id              String COMMENT 'The result as consumers know it.',
    supersedes             String COMMENT 'The result that it replaces.',
    review_id              String COMMENT 'The review request.',
    model_versions         Array(LowCardinality(String)) COMMENT 'What worked on it, as component=version.',
    row_salt               FixedString(32) COMMENT 'Salt of values_hash, from the record\'s bytes; erasing blanks it.',
    values_hash            FixedString(32) COMMENT 'Hash of the columns that erasing blanks; it stays.' CODEC(NONE),
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the record.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    at                     DateTime64(3, 'UTC') COMMENT 'Its broker timestamp.',
    INDEX by_document document_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_content content_sha256 TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_filename filename TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_vendor vendor_key TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_vendor_tax vendor_tax_key TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_number number_key TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_parent parent_document_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_result result_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_model model_versions TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_tenant tenant TYPE set(64) GRANULARITY 1,
    INDEX by_time at TYPE minmax GRANULARITY 1
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(submitted_at)
ORDER BY (document_id, revision, stage)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'One row per document, revision and stage.';

CREATE TABLE IF NOT EXISTS ${database}.fields ${on_cluster}
(
    document_id            String COMMENT 'The document.',
    revision               UInt32 COMMENT 'The pass over it.',
    row_number             UInt32 COMMENT '0: a header field. From 1: the line item that the cell belongs to.',
    name                   LowCardinality(String) COMMENT 'Field, or column of the line items.',
    stage                  Enum8('extracted' = 4, 'validated' = 5, 'routed' = 6, 'resolved' = 7)
                           COMMENT 'As it stood after this stage. v_fields has the latest one.',
    version                UInt64 COMMENT 'Kafka offset of the record; of equal keys the highest stands.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it is.',
    document_type          LowCardinality(String) COMMENT 'Type of the document.',
    submitted_at           DateTime64(3, 'UTC') COMMENT 'When the document was submitted.',
    type                   Enum8('text' = 1, 'identifier' = 2, 'money' = 3, 'number' = 4, 'rate' = 5, 'date' = 6,
                                 'time' = 7, 'currency' = 8) COMMENT 'Type of the field.',
    value_text             Nullable(String) COMMENT 'The value in plain notation, whatever its type; NULL: none.' CODEC(ZSTD(1)),
    value_decimal          Nullable(Decimal(38, 12)) COMMENT 'The value of money, numbers and rates, exactly.',
    value_date             Nullable(Date32) COMMENT 'The value of dates.',
    raw_text               String COMMENT 'As printed.' CODEC(ZSTD(1)),
    evidence_source        Enum8('none' = 0, 'page' = 1, 'attachment' = 2) COMMENT 'Where it was read.',
    page                   UInt32 COMMENT 'Page, from 1.',
    x0                     Float32 COMMENT 'Left edge on the page, in points from the top left.',
    y0                     Float32 COMMENT 'Top edge.',
    x1                     Float32 COMMENT 'Right edge.',
    y1                     Float32 COMMENT 'Bottom edge.',
    word_ids               Array(UInt32) COMMENT 'The words on that page that were read.',
    reference              String COMMENT 'Element of an attachment.' CODEC(ZSTD(1)),
    more_evidence          Array(Tuple(source Enum8('none' = 0, 'page' = 1, 'attachment' = 2), page UInt32, x0 Float32,
                                       y0 Float32, x1 Float32, y1 Float32, word_ids Array(UInt32), reference String))
                           COMMENT 'Further places that it was read from.',
    confidence             Float64 COMMENT 'Calibrated confidence, 0 to 1.',
    confidence_recognition Nullable(Float64) COMMENT 'How surely the characters were recognised.',
    confidence_reader      Nullable(Float64) COMMENT 'How surely the reader chose them.',
    confidence_validation  Nullable(Float64) COMMENT 'How well the rules held.',
    reader                 LowCardinality(String) COMMENT 'What read it.',
    reader_version         LowCardinality(String) COMMENT 'Its version.',
    rules                  Array(Tuple(rule LowCardinality(String), status Enum8('passed' = 1, 'failed' = 2, 'not_applicable' = 3),
                                       message String)) COMMENT 'The rules that looked at it.' CODEC(ZSTD(1)),
    review_state           Enum8('not_routed' = 0, 'passed' = 1, 'second_look' = 2, 'person' = 3) COMMENT 'What the route decided.',
    row_salt               FixedString(32) COMMENT 'Salt of values_hash, from the record\'s bytes; erasing blanks it.',
    values_hash            FixedString(32) COMMENT 'Hash of the columns that erasing blanks; it stays.' CODEC(NONE),
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the record.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    at                     DateTime64(3, 'UTC') COMMENT 'Its broker timestamp.',
    path                   String ALIAS if(row_number = 0, toString(name), concat('line_items[', toString(row_number), '].', name))
                           COMMENT 'The name as decisions use it: total_amount, line_items[3].amount.',
    INDEX by_document document_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_tenant tenant TYPE set(64) GRANULARITY 8,
    INDEX by_time at TYPE minmax GRANULARITY 8,
    INDEX by_reader (reader, reader_version) TYPE set(64) GRANULARITY 8
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(submitted_at)
ORDER BY (document_id, revision, row_number, name, stage)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'One row per field or line-item cell, revision and stage.';

CREATE TABLE IF NOT EXISTS ${database}.events ${on_cluster}
(
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the record that is the event.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    version                UInt64 COMMENT '0; equal keys are equal events.',
    event_id               String ALIAS concat(topic, '/', toString(partition), '/', toString(offset)) COMMENT 'The event, for people.',
    at                     DateTime64(3, 'UTC') COMMENT 'Broker timestamp.',
    day                    Date COMMENT 'UTC day of `at`. The day whose root covers it may be another: roots cover stretches of offsets.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it is about.',
    document_id            String COMMENT 'The document that it is about.',
    revision               UInt32 COMMENT 'Its revision.',
    kind                   LowCardinality(String) COMMENT 'Kind of record: document_accepted, dead_letter, …',
    stage                  LowCardinality(String) COMMENT 'Stage that produced it.',
    state                  LowCardinality(String) COMMENT 'What came of it: decision, error code or state.',
    started                Nullable(DateTime64(3, 'UTC')) COMMENT 'When the stage began.',
    seconds                Nullable(Float64) COMMENT 'How long it took.',
    worker                 LowCardinality(String) COMMENT 'Worker that did it.',
    input_topic            LowCardinality(String) COMMENT 'Record that caused it.',
    input_partition        UInt32 COMMENT 'Its partition; says nothing where input_topic is empty.',
    input_offset           UInt64 COMMENT 'Its offset.',
    trace_id               String COMMENT 'OpenTelemetry trace.' CODEC(ZSTD(1)),
    replay_id              String COMMENT 'The replay that it belongs to.',
    result_id              String COMMENT 'The result that it carries.',
    actor                  String COMMENT 'Person who did it: a reviewer, whoever asked for a replay.',
    model_versions         Array(LowCardinality(String)) COMMENT 'What worked on it, as component=version.',
    value_bytes            UInt32 COMMENT 'Size of the record\'s value.',
    tombstone              UInt8 COMMENT '1: the record has no value.',
    key_hash               FixedString(32) COMMENT 'SHA-256 of the record\'s key.' CODEC(NONE),
    value_hash             FixedString(32) COMMENT 'SHA-256 of its value.' CODEC(NONE),
    headers_hash           FixedString(32) COMMENT 'SHA-256 of its headers.' CODEC(NONE),
    rows_hash              FixedString(32) COMMENT 'SHA-256 over the rows that the record gave, as event_places lists them; zeros where none.' CODEC(NONE),
    record_hash            FixedString(32) COMMENT 'Hash of the event; chain_hash covers it.' CODEC(NONE),
    previous_hash          FixedString(32) COMMENT 'chain_hash of the event before it in the partition.' CODEC(NONE),
    chain_hash             FixedString(32) COMMENT 'Hash of previous_hash and record_hash: the leaf of its day\'s tree is made of it.' CODEC(NONE),
    gap                    UInt64 COMMENT 'Offsets between the event before it and this one: compacted or aborted records.',
    INDEX by_document document_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_day day TYPE minmax GRANULARITY 1,
    INDEX by_time at TYPE minmax GRANULARITY 1,
    INDEX by_result result_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(at)
ORDER BY (topic, partition, offset)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'One row per record on any topic, chained by hashes. Kept for ever: it holds no values.';

CREATE TABLE IF NOT EXISTS ${database}.event_places ${on_cluster}
(
    document_id            String COMMENT 'The document; empty: none.',
    topic                  LowCardinality(String) COMMENT 'Kafka topic of an event about it.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    at                     DateTime64(3, 'UTC') COMMENT 'at of the event: the month that it is in.',
    row_keys               Array(LowCardinality(String)) COMMENT 'The rows that the record gave: table and key, as fields/routed/0/total_amount.',
    row_hashes             Array(FixedString(32)) COMMENT 'Their hashes, in the same order; rows_hash of the event covers both.' CODEC(NONE)
)
ENGINE = ${replacing}()
ORDER BY (document_id, topic, partition, offset)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'Where the events of a document are, and which rows they gave: events are sorted by place, and to look for one document in all months of them costs 150 ms at 10 million field rows.';

CREATE TABLE IF NOT EXISTS ${database}.decisions ${on_cluster}
(
    document_id            String COMMENT 'The document.',
    revision               UInt32 COMMENT 'The revision that was looked at.',
    decision_id            String COMMENT 'The decision.',
    version                UInt64 COMMENT 'Kafka offset of the record.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it is.',
    review_id              String COMMENT 'The review request that it answers.',
    reviewer               LowCardinality(String) COMMENT 'Who decided.',
    decision               Enum8('approved' = 1, 'corrected' = 2, 'rejected' = 3) COMMENT 'What was decided.',
    decided_at             DateTime64(3, 'UTC') COMMENT 'When.',
    seconds                Nullable(Float64) COMMENT 'Time that the person took.',
    reason                 String COMMENT 'Why.' CODEC(ZSTD(1)),
    corrected_fields       Array(LowCardinality(String)) COMMENT 'Fields and cells that were corrected.',
    row_salt               FixedString(32) COMMENT 'Salt of values_hash, from the record\'s bytes; erasing blanks it.',
    values_hash            FixedString(32) COMMENT 'Hash of the columns that erasing blanks; it stays.' CODEC(NONE),
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the record.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    at                     DateTime64(3, 'UTC') COMMENT 'Its broker timestamp.',
    INDEX by_document document_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_reviewer reviewer TYPE set(64) GRANULARITY 4
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(decided_at)
ORDER BY (document_id, revision, decision_id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'One row per decision of a person.';

CREATE TABLE IF NOT EXISTS ${database}.corrections ${on_cluster}
(
    document_id            String COMMENT 'The document.',
    revision               UInt32 COMMENT 'The revision that was looked at.',
    row_number             UInt32 COMMENT '0: a header field. From 1: the line item.',
    name                   LowCardinality(String) COMMENT 'Field, or column of the line items.',
    decided_at             DateTime64(3, 'UTC') COMMENT 'When.',
    reviewer               LowCardinality(String) COMMENT 'Who.',
    version                UInt8 COMMENT '1: from the decision, which does not say what was there before. 2: from the feedback, which does.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it is.',
    document_type          LowCardinality(String) COMMENT 'Type of the document.',
    type                   LowCardinality(String) COMMENT 'Type of the field; empty where nothing had been read.',
    before_text            Nullable(String) COMMENT 'What the system had read, in plain notation; NULL: nothing.' CODEC(ZSTD(1)),
    before_decimal         Nullable(Decimal(38, 12)) COMMENT 'The same as a number.',
    before_date            Nullable(Date32) COMMENT 'The same as a date.',
    before_raw_text        String COMMENT 'As printed.' CODEC(ZSTD(1)),
    before_confidence      Nullable(Float64) COMMENT 'How sure the system was.',
    before_reader          LowCardinality(String) COMMENT 'What had read it.',
    before_reader_version  LowCardinality(String) COMMENT 'Its version.',
    before_review_state    LowCardinality(String) COMMENT 'What the route had decided for it.',
    after_text             Nullable(String) COMMENT 'What the person set; NULL: took it away.' CODEC(ZSTD(1)),
    after_decimal          Nullable(Decimal(38, 12)) COMMENT 'The same as a number.',
    after_date             Nullable(Date32) COMMENT 'The same as a date.',
    change                 Nullable(Decimal(38, 12)) ALIAS after_decimal - before_decimal COMMENT 'By how much a number changed.',
    comment                String COMMENT 'Why.' CODEC(ZSTD(1)),
    row_salt               FixedString(32) COMMENT 'Salt of values_hash, from the record\'s bytes; erasing blanks it.',
    values_hash            FixedString(32) COMMENT 'Hash of the columns that erasing blanks; it stays.' CODEC(NONE),
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the record.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    at                     DateTime64(3, 'UTC') COMMENT 'Its broker timestamp.',
    path                   String ALIAS if(row_number = 0, toString(name), concat('line_items[', toString(row_number), '].', name))
                           COMMENT 'The name as decisions use it.',
    INDEX by_document document_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_reviewer reviewer TYPE set(64) GRANULARITY 4
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(decided_at)
ORDER BY (document_id, revision, row_number, name, decided_at, reviewer)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'One row per value that a person changed: before and after.';

CREATE TABLE IF NOT EXISTS ${database}.dead_letters ${on_cluster}
(
    letter_topic           LowCardinality(String) COMMENT 'Dead-letter topic.',
    letter_partition       UInt32 COMMENT 'Its partition.',
    letter_offset          UInt64 COMMENT 'Offset of the dead letter.',
    version                UInt64 COMMENT '0; equal keys are equal letters.',
    stage                  LowCardinality(String) COMMENT 'Stage that gave up.',
    code                   LowCardinality(String) COMMENT 'Error code.',
    message                String COMMENT 'What was wrong.' CODEC(ZSTD(1)),
    exception              String COMMENT 'Exception behind it, if any.' CODEC(ZSTD(1)),
    topic                  LowCardinality(String) COMMENT 'Topic of the record that failed.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    attempts               UInt32 COMMENT 'How often it was tried.',
    first_failure_at       DateTime64(3, 'UTC') COMMENT 'When it first failed.',
    last_failure_at        DateTime64(3, 'UTC') COMMENT 'When it was given up.',
    document_id            String COMMENT 'The document, where known.',
    tenant                 LowCardinality(String) COMMENT 'Whose.',
    revision               UInt32 COMMENT 'Its revision, where known.',
    trace_id               String COMMENT 'OpenTelemetry trace.' CODEC(ZSTD(1)),
    replay_id              String COMMENT 'The replay that it failed in.',
    replay_count           UInt32 COMMENT 'How often it was replayed before.',
    at                     DateTime64(3, 'UTC') COMMENT 'Broker timestamp of the letter.',
    row_salt               FixedString(32) COMMENT 'Salt of values_hash, from the record\'s bytes; erasing blanks it.',
    values_hash            FixedString(32) COMMENT 'Hash of the columns that erasing blanks; it stays.' CODEC(NONE),
    INDEX by_document document_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_time at TYPE minmax GRANULARITY 1
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(at)
ORDER BY (letter_topic, letter_partition, letter_offset)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'One row per dead letter.';

CREATE TABLE IF NOT EXISTS ${database}.deliveries ${on_cluster}
(
    document_id            String COMMENT 'The document.',
    revision               UInt32 COMMENT 'The revision that was delivered.',
    channel                Enum8('kafka' = 1, 'webhook' = 2) COMMENT 'How.',
    delivery_id            String COMMENT 'The delivery: topic/partition/offset, or the webhook\'s own id.',
    version                UInt64 COMMENT 'Of equal keys the highest stands: the offset, or a webhook\'s attempts.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it is.',
    result_id              String COMMENT 'The result that was sent.',
    supersedes             String COMMENT 'The result that it replaces.',
    target                 LowCardinality(String) COMMENT 'Topic or URL.',
    partition              UInt32 COMMENT 'Partition of the topic.',
    offset                 UInt64 COMMENT 'Offset in it.',
    at                     DateTime64(3, 'UTC') COMMENT 'When it was delivered, or first tried.',
    state                  LowCardinality(String) COMMENT 'delivered, failed, …',
    attempts               UInt32 COMMENT 'How often it was tried.',
    http_status            UInt16 COMMENT 'Last answer of a webhook.',
    message                String COMMENT 'What went wrong, if anything.' CODEC(ZSTD(1)),
    payload_sha256         String COMMENT 'SHA-256 of what was sent, in hexadecimal.' CODEC(ZSTD(1)),
    row_salt               FixedString(32) COMMENT 'Salt of values_hash, from the record\'s bytes; erasing blanks it.',
    values_hash            FixedString(32) COMMENT 'Hash of the columns that erasing blanks; it stays.' CODEC(NONE),
    INDEX by_document document_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_result result_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(at)
ORDER BY (document_id, revision, channel, delivery_id)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'What consumers such as the ERP were sent.';

CREATE TABLE IF NOT EXISTS ${database}.page_quality ${on_cluster}
(
    document_id            String COMMENT 'The document.',
    revision               UInt32 COMMENT 'The pass over it.',
    page                   UInt32 COMMENT 'Page, from 1.',
    version                UInt64 COMMENT 'Kafka offset of the record.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it is.',
    submitted_at           DateTime64(3, 'UTC') COMMENT 'When the document was submitted.',
    width                  Float32 COMMENT 'In points.',
    height                 Float32 COMMENT 'In points.',
    rotation               UInt16 COMMENT 'Clockwise turn that recognition applied, in degrees.',
    source                 LowCardinality(String) COMMENT 'text_layer, ocr or mixed; empty where the page failed.',
    reason                 String COMMENT 'Why it was read that way.' CODEC(ZSTD(1)),
    engine                 LowCardinality(String) COMMENT 'What recognised it, with its version.',
    words_uri              String COMMENT 'Where its words lie.' CODEC(ZSTD(1)),
    word_count             UInt32 COMMENT 'Words on it.',
    min_confidence         Nullable(Float64) COMMENT 'Least certain word.',
    mean_confidence        Nullable(Float64) COMMENT 'Mean over words.',
    dpi                    Nullable(Float64) COMMENT 'Resolution as scanned.',
    sharpness              Nullable(Float64) COMMENT 'Variance of the Laplacian of its ink.',
    skew                   Nullable(Float64) COMMENT 'Degrees beyond quarter turns.',
    contrast               Nullable(Float64) COMMENT 'Between ink and paper, 0 to 1.',
    handwriting            Nullable(Float64) COMMENT 'Share of its ink that looks handwritten.',
    hard                   Array(LowCardinality(String)) COMMENT 'Why it is hard to read.',
    failure_code           LowCardinality(String) COMMENT 'Why it could not be read; empty where it was.',
    failure_message        String COMMENT 'The same in words.' CODEC(ZSTD(1)),
    row_salt               FixedString(32) COMMENT 'Salt of values_hash, from the record\'s bytes; erasing blanks it.',
    values_hash            FixedString(32) COMMENT 'Hash of the columns that erasing blanks; it stays.' CODEC(NONE),
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the record.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    at                     DateTime64(3, 'UTC') COMMENT 'Its broker timestamp.',
    INDEX by_document document_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_engine engine TYPE set(64) GRANULARITY 4,
    INDEX by_words words_uri TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ${replacing}(version)
PARTITION BY toYYYYMM(submitted_at)
ORDER BY (document_id, revision, page)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
COMMENT 'One row per recognised or failed page and revision.';

CREATE TABLE IF NOT EXISTS ${database}.merkle_roots ${on_cluster}
(
    day                    Date COMMENT 'UTC day.',
    version                UInt64 COMMENT 'Of equal days the highest stands: the root that audit.roots has first.',
    root                   FixedString(32) COMMENT 'Root of the day\'s Merkle tree (RFC 6962).' CODEC(NONE),
    leaves                 UInt64 COMMENT 'Events in it.',
    previous_root          FixedString(32) COMMENT 'Root of the day before it that has one.' CODEC(NONE),
    chains                 Array(Tuple(topic String, partition UInt32, first_offset UInt64, last_offset UInt64, events UInt64, head FixedString(32)))
                           COMMENT 'Each partition\'s events of that day, and its chain_hash at the end of it.',
    closed_at              DateTime64(3, 'UTC') COMMENT 'When the day was closed.',
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the record.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.'
)
ENGINE = ${replacing}(version)
ORDER BY day
COMMENT 'One row per closed day.';

CREATE TABLE IF NOT EXISTS ${database}.erasures ${on_cluster}
(
    erasure_id             String COMMENT 'The erasure.',
    document_id            String COMMENT 'The document that was erased.',
    version                UInt64 COMMENT 'begun: 0. done: offset of the proof, from 1.',
    tenant                 LowCardinality(String) COMMENT 'Whose document it was.',
    state                  Enum8('begun' = 1, 'done' = 2) COMMENT 'begun: not yet everywhere.',
    cause                  Enum8('request' = 1, 'retention' = 2) COMMENT 'Somebody asked, or its time was over.',
    requested_by           String COMMENT 'Who asked.',
    reason                 String COMMENT 'Why.' CODEC(ZSTD(1)),
    begun_at               DateTime64(3, 'UTC') COMMENT 'When it was begun.',
    updated_at             DateTime64(3, 'UTC') COMMENT 'When this state was reached.',
    content_sha256         String COMMENT 'SHA-256 of the original that it was, in hexadecimal.',
    removed                Array(String) COMMENT 'What was removed: URIs, tables, tombstones.' CODEC(ZSTD(1)),
    kept                   Array(String) COMMENT 'What stays, and until when or why.' CODEC(ZSTD(1)),
    topic                  LowCardinality(String) COMMENT 'Kafka topic of the proof; empty until it is done.',
    partition              UInt32 COMMENT 'Its partition.',
    offset                 UInt64 COMMENT 'Its offset.',
    at                     DateTime64(3, 'UTC') COMMENT 'Its broker timestamp.'
)
ENGINE = ${replacing}(version)
ORDER BY (document_id, tenant, erasure_id)
COMMENT 'The proof that something existed and was erased. Kept for ever.';
