-- What auditors read: one view per kind of question. Placeholders as in 0001.
--
-- A view that shows a table's rows as they stand has that table's columns, with the same comments; the others comment
-- theirs here. LIMIT BY names tenant and submitted_at, which are the same in all rows of a document, so that conditions on
-- them reach the table below; with the setting, which holds because a row never changes its partition, they prune it.

CREATE OR REPLACE VIEW ${database}.v_documents ${on_cluster} AS
SELECT * FROM ${database}.documents FINAL
ORDER BY stage DESC
LIMIT 1 BY document_id, revision, tenant, submitted_at
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'documents: each revision as its latest stage left it.';

CREATE OR REPLACE VIEW ${database}.v_latest_documents ${on_cluster} AS
SELECT * FROM ${database}.documents FINAL
ORDER BY revision DESC, stage DESC
LIMIT 1 BY document_id, tenant, submitted_at
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'documents: each document as its latest revision stands.';

CREATE OR REPLACE VIEW ${database}.v_fields ${on_cluster} AS
SELECT *, path FROM ${database}.fields FINAL
ORDER BY stage DESC
LIMIT 1 BY document_id, revision, row_number, name, tenant, submitted_at
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'fields: each value of each revision as its latest stage left it.';

CREATE OR REPLACE VIEW ${database}.v_field_history ${on_cluster} AS
SELECT *, path FROM ${database}.fields FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'fields: every value of every revision after every stage.';

CREATE OR REPLACE VIEW ${database}.v_events ${on_cluster}
(
    event_id        String COMMENT 'The event: topic/partition/offset.',
    at              DateTime64(3, 'UTC') COMMENT 'Broker timestamp.',
    day             Date COMMENT 'UTC day of at.',
    tenant          String COMMENT 'Whose document it is about.',
    document_id     String COMMENT 'The document that it is about.',
    revision        UInt32 COMMENT 'Its revision.',
    kind            String COMMENT 'Kind of record.',
    stage           String COMMENT 'Stage that produced it.',
    state           String COMMENT 'What came of it.',
    topic           String COMMENT 'Kafka topic of the record that is the event.',
    partition       UInt32 COMMENT 'Its partition.',
    offset          UInt64 COMMENT 'Its offset.',
    input           String COMMENT 'The record that caused it: topic/partition/offset; empty where unknown.',
    started         Nullable(DateTime64(3, 'UTC')) COMMENT 'When the stage began.',
    seconds         Nullable(Float64) COMMENT 'How long it took.',
    worker          String COMMENT 'Worker that did it.',
    actor           String COMMENT 'Person who did it.',
    model_versions  Array(String) COMMENT 'What worked on it, as component=version.',
    result_id       String COMMENT 'The result that it carries.',
    replay_id       String COMMENT 'The replay that it belongs to.',
    trace_id        String COMMENT 'OpenTelemetry trace.',
    value_sha256    String COMMENT 'SHA-256 of the record\'s value, in hexadecimal.',
    record_hash     String COMMENT 'Hash of the event, in hexadecimal.',
    chain_hash      String COMMENT 'Hash of the chain up to here, in hexadecimal.'
)
AS SELECT
    concat(topic, '/', toString(partition), '/', toString(offset)) AS event_id, at, day, tenant, document_id, revision, kind,
    stage, state, topic, partition, offset,
    if(input_topic = '', '', concat(input_topic, '/', toString(input_partition), '/', toString(input_offset))) AS input,
    started, seconds, worker, actor, model_versions, result_id, replay_id, trace_id,
    lower(hex(value_hash)) AS value_sha256, lower(hex(events.record_hash)) AS record_hash,
    lower(hex(events.chain_hash)) AS chain_hash
FROM ${database}.events FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Everything that happened, hashes readable.';

CREATE OR REPLACE VIEW ${database}.v_decisions ${on_cluster} AS
SELECT * FROM ${database}.decisions FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'decisions: one row per decision of a person.';

CREATE OR REPLACE VIEW ${database}.v_corrections ${on_cluster} AS
SELECT *, change, path FROM ${database}.corrections FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'corrections: one row per value that a person changed, with how much it changed.';

CREATE OR REPLACE VIEW ${database}.v_dead_letters ${on_cluster} AS
SELECT * FROM ${database}.dead_letters FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'dead_letters: one row per dead letter.';

CREATE OR REPLACE VIEW ${database}.v_deliveries ${on_cluster} AS
SELECT * FROM ${database}.deliveries FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'deliveries: what consumers were sent.';

CREATE OR REPLACE VIEW ${database}.v_page_quality ${on_cluster} AS
SELECT * FROM ${database}.page_quality FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'page_quality: one row per page and revision.';

CREATE OR REPLACE VIEW ${database}.v_erasures ${on_cluster} AS
SELECT * FROM ${database}.erasures FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'erasures: what was erased, by whom and why.';

CREATE OR REPLACE VIEW ${database}.v_auto_passed ${on_cluster}
(
    document_id     String COMMENT 'The document.',
    revision        UInt32 COMMENT 'The pass over it.',
    tenant          String COMMENT 'Whose document it is.',
    document_type   String COMMENT 'Its type.',
    submitted_at    DateTime64(3, 'UTC') COMMENT 'When it was submitted.',
    path            String COMMENT 'The value: total_amount, line_items[3].amount.',
    value           Nullable(String) COMMENT 'The value that was delivered, in plain notation.',
    raw_text        String COMMENT 'As printed.',
    page            UInt32 COMMENT 'Page, from 1.',
    confidence      Float64 COMMENT 'Calibrated confidence, 0 to 1.',
    reader          String COMMENT 'What read it.',
    reader_version  String COMMENT 'Its version.',
    result          String COMMENT 'Where the result lies: topic/partition/offset.'
)
AS SELECT document_id, revision, tenant, document_type, submitted_at, path, value_text AS value, raw_text, page, confidence,
          reader, reader_version, concat(topic, '/', toString(partition), '/', toString(offset)) AS result
FROM ${database}.fields FINAL
WHERE stage = 'routed' AND review_state = 'passed' AND (document_id, revision) NOT IN (
    SELECT document_id, revision FROM ${database}.documents FINAL WHERE stage = 'routed' AND decision != 'straight_through')
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Values that no person saw before they were delivered.';

CREATE OR REPLACE VIEW ${database}.v_duplicates ${on_cluster}
(
    tenant          String COMMENT 'Whose documents they are.',
    seller          String COMMENT 'What they have in common: the seller\'s tax id or name, for comparison.',
    number_key      String COMMENT 'Document number for comparison.',
    amount          Decimal(38, 12) COMMENT 'Total amount.',
    currency        String COMMENT 'Its currency.',
    vendor_name     String COMMENT 'Seller as read on the first of them.',
    number          String COMMENT 'Document number as read on the first of them.',
    documents       Array(String) COMMENT 'The documents, by when they were submitted.',
    filenames       Array(String) COMMENT 'Their file names, in the same order.',
    contents        UInt64 COMMENT 'How many different files they are; 1: the same file, read with several schemas.',
    first_submitted DateTime64(3, 'UTC') COMMENT 'When the first was submitted.',
    last_submitted  DateTime64(3, 'UTC') COMMENT 'When the last was submitted.'
)
AS SELECT tenant, seller, number_key, assumeNotNull(amount) AS amount, currency, ordered.4[1] AS vendor_name,
          ordered.5[1] AS number, ordered.2 AS documents, ordered.3 AS filenames, contents, first_submitted, last_submitted
FROM (
    SELECT tenant, arrayJoin(arrayFilter(key -> key != '', [vendor_tax_key, vendor_key])) AS seller, number_key, amount, currency,
           arraySort(groupArray((submitted_at, document_id, filename, vendor_name, number))) AS ordered,
           uniqExact(content_sha256) AS contents, min(submitted_at) AS first_submitted, max(submitted_at) AS last_submitted
    FROM ${database}.v_latest_documents
    WHERE number_key != '' AND isNotNull(amount)
    GROUP BY tenant, seller, number_key, amount, currency
    HAVING count() > 1)
LIMIT 1 BY tenant, documents
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Documents of one seller (by tax id or by name) with the same number and amount: perhaps paid twice.';

CREATE OR REPLACE VIEW ${database}.v_straight_through ${on_cluster}
(
    day               Date COMMENT 'UTC day on which the documents were submitted.',
    tenant            String COMMENT 'Whose documents they are.',
    document_type     String COMMENT 'Their type.',
    documents         UInt64 COMMENT 'Documents that were routed, each by its latest revision.',
    straight_through  UInt64 COMMENT 'Those that went out without a person.',
    review            UInt64 COMMENT 'Those that a person had to look at.',
    sampled           UInt64 COMMENT 'Those that went out and were looked at afterwards, to measure the errors.',
    rate              Float64 COMMENT 'Share that went straight through.'
)
AS SELECT toDate(submitted_at) AS day, tenant, document_type, count() AS documents,
          countIf(decision = 'straight_through') AS straight_through, documents - straight_through AS review,
          countIf(decision = 'straight_through' AND looked_at) AS sampled, straight_through / documents AS rate
FROM (
    SELECT submitted_at, tenant, document_type, decision, (document_id, revision) IN (
               SELECT document_id, revision FROM ${database}.events WHERE kind = 'review_request') AS looked_at
    FROM ${database}.documents FINAL WHERE stage = 'routed'
    ORDER BY revision DESC LIMIT 1 BY document_id, tenant, submitted_at)
GROUP BY day, tenant, document_type
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'How many documents needed no person, by day.';

CREATE OR REPLACE VIEW ${database}.v_sampled ${on_cluster}
(
    document_id     String COMMENT 'The document.',
    revision        UInt32 COMMENT 'The revision that was looked at.',
    tenant          String COMMENT 'Whose document it is.',
    document_type   String COMMENT 'Its type.',
    submitted_at    DateTime64(3, 'UTC') COMMENT 'When it was submitted.',
    path            String COMMENT 'The value: total_amount, line_items[3].amount.',
    name            String COMMENT 'Field, or column of the line items.',
    value           Nullable(String) COMMENT 'The value that was delivered.',
    confidence      Float64 COMMENT 'How sure the system was.',
    wrong           UInt8 COMMENT '1: the person who looked changed or removed it, or rejected the document.',
    right_value     Nullable(String) COMMENT 'What the person set.',
    reviewer        String COMMENT 'Who looked.',
    decided_at      DateTime64(3, 'UTC') COMMENT 'When.'
)
AS SELECT f.document_id AS document_id, f.revision AS revision, f.tenant AS tenant, f.document_type AS document_type,
          f.submitted_at AS submitted_at, f.path AS path, f.name AS name, f.value_text AS value, f.confidence AS confidence,
          c.found = 1 OR d.decision = 'rejected' AS wrong, c.after_text AS right_value, d.reviewer AS reviewer,
          d.decided_at AS decided_at
FROM (SELECT *, path FROM ${database}.fields FINAL WHERE stage = 'routed' AND review_state = 'passed') AS f
INNER JOIN (SELECT document_id, revision FROM ${database}.documents FINAL
            WHERE stage = 'routed' AND decision = 'straight_through' AND (document_id, revision) IN (
                SELECT document_id, revision FROM ${database}.events WHERE kind = 'review_request')) AS s
    ON f.document_id = s.document_id AND f.revision = s.revision
INNER JOIN (SELECT document_id, revision, toString(decision) AS decision, reviewer, decided_at
            FROM ${database}.decisions FINAL ORDER BY decided_at DESC LIMIT 1 BY document_id, revision) AS d
    ON f.document_id = d.document_id AND f.revision = d.revision
LEFT JOIN (SELECT document_id, revision, row_number, name, after_text, 1 AS found
           FROM ${database}.corrections FINAL ORDER BY decided_at DESC LIMIT 1 BY document_id, revision, row_number, name) AS c
    ON f.document_id = c.document_id AND f.revision = c.revision AND f.row_number = c.row_number AND f.name = c.name
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Delivered values of the documents that were sampled for a look afterwards and have had it.';

CREATE OR REPLACE VIEW ${database}.v_latency ${on_cluster}
(
    day       Date COMMENT 'UTC day.',
    stage     String COMMENT 'The stage.',
    records   UInt64 COMMENT 'Records whose duration is known.',
    p50       Float64 COMMENT 'Median, in seconds.',
    p90       Float64 COMMENT 'Nine in ten took no longer.',
    p99       Float64 COMMENT 'Ninety-nine in a hundred took no longer.',
    slowest   Float64 COMMENT 'The longest.',
    total     Float64 COMMENT 'All together.'
)
AS SELECT day, stage, count() AS records, quantileExact(0.5)(seconds) AS p50, quantileExact(0.9)(seconds) AS p90,
          quantileExact(0.99)(seconds) AS p99, max(seconds) AS slowest, sum(seconds) AS total
FROM (SELECT toDate(at) AS day, toString(events.stage) AS stage, assumeNotNull(events.seconds) AS seconds
      FROM ${database}.events FINAL WHERE isNotNull(events.seconds))
GROUP BY day, stage
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'How long the stages took, by day.';

CREATE OR REPLACE VIEW ${database}.v_dead_letters_daily ${on_cluster}
(
    day       Date COMMENT 'UTC day of the last failure.',
    stage     String COMMENT 'Stage that gave up.',
    code      String COMMENT 'Error code.',
    tenant    String COMMENT 'Whose documents.',
    letters   UInt64 COMMENT 'Dead letters.',
    documents UInt64 COMMENT 'Documents that they are about, where known.',
    replayed  UInt64 COMMENT 'Letters of records that had failed before and were sent again.',
    example   String COMMENT 'The newest one, as fieldtrail dlq show takes it.'
)
AS SELECT toDate(last_failure_at) AS day, stage, code, tenant, count() AS letters,
          uniqExactIf(document_id, document_id != '') AS documents, countIf(replay_count > 0) AS replayed,
          argMax(concat(letter_topic, '-', toString(letter_partition), '@', toString(letter_offset)), at) AS example
FROM ${database}.dead_letters FINAL
GROUP BY day, stage, code, tenant
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Dead letters by day, stage and code.';
