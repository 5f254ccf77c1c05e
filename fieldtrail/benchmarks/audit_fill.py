"""The made documents of the audit benchmark, as statements that ClickHouse runs itself.

Ids and hashes are random, as real ones are; documents arrive one every two minutes, so that ten million field rows are
eleven months.
"""

# Statements are put together from this module's own words and numbers.
# ruff: noqa: S608

from collections.abc import Mapping

FIELDS_PER_STAGE = 20  # 10 in the header, 2 line items of 5 cells
STAGES = ("validated", "routed")
ROWS_PER_DOCUMENT = FIELDS_PER_STAGE * len(STAGES)
SECONDS_PER_DOCUMENT = 120

_STAGES = ", ".join(f"'{stage}'" for stage in STAGES)
_TIME = f"toDateTime64('2025-01-01 00:00:00.000', 3, 'UTC') + toIntervalSecond(d * {SECONDS_PER_DOCUMENT})"
_WHICH = f"lower(hex(sipHash128(toUInt64(d)))) AS document_id, {_TIME}"
_PLACE = "'documents.results', d % 4, intDiv(d, 4)"

FILL: Mapping[str, str] = {
    "documents": f"""
(document_id, submitted_at, at, revision, stage, tenant, content_sha256, filename, document_type, vendor_name,
 vendor_key, number_key, amount, currency, decision, result_id, model_versions, topic, partition, offset)
SELECT {_WHICH} AS submitted_at, submitted_at, 1, arrayJoin([{_STAGES}]), concat('t', toString(d % 5)),
       lower(hex(SHA256(toString(d)))), concat('scan-', toString(d), '.pdf'), 'invoice',
       concat('Vendor ', toString(d % 3000)), concat('vendor ', toString(d % 3000)), concat('inv', toString(d)),
       toDecimal128(d % 100000, 12) / 100, 'EUR', 'straight_through', hex(MD5(toString(d))),
       ['ocr=small@5', concat('reader=geometric@', toString(intDiv(d, 50000)))], {_PLACE}
FROM ({{documents}})""",
    "fields": f"""
(document_id, submitted_at, at, revision, row_number, name, stage, tenant, document_type, type, value_text,
 value_decimal, raw_text, evidence_source, page, x0, y0, x1, y1, word_ids, confidence, confidence_recognition,
 confidence_reader, confidence_validation, reader, reader_version, rules, review_state, topic, partition, offset,
 row_salt, values_hash)
WITH f < 10 AS in_header, toDecimal128((d * 7919 + f * 104729) % 10000000, 12) / 100 AS v
SELECT {_WHICH} AS submitted_at, submitted_at, 1, if(in_header, 0, intDiv(f - 10, 5) + 1),
       if(in_header, concat('field_', toString(f)), concat('cell_', toString((f - 10) % 5))),
       arrayJoin([{_STAGES}]) AS z, concat('t', toString(d % 5)), 'invoice', 'money',
       toString(v), v, concat(toString(v), ' EUR'), 'page', 1 + f % 2,
       50 + f, 60 + f * 12, 120 + f, 70 + f * 12, [f * 3, f * 3 + 1], 0.9 + (d * 31 + f) % 100 / 1000, 1, 0.95, 1,
       'geometric', toString(intDiv(d, 50000)), [('grounded', 'passed', ''), ('sum_of_lines', 'passed', '')], 'passed',
       {_PLACE}, SHA256(toString((d, z))), SHA256(toString((d, f, z)))
FROM (SELECT d, arrayJoin(range({FIELDS_PER_STAGE})) AS f FROM ({{documents}}))""",
    "events": f"""
(document_id, at, day, topic, partition, offset, tenant, revision, kind, stage, started, seconds, worker, trace_id,
 value_bytes, key_hash, value_hash, headers_hash, record_hash, previous_hash, chain_hash)
SELECT {_WHICH} + toIntervalSecond(s) AS at, toDate(at), concat('topic-', toString(s)), d % 4, intDiv(d, 4),
       concat('t', toString(d % 5)), 1, 'record', concat('stage-', toString(s)), at, s / 10, 'worker-0',
       hex(MD5(toString(d))), 4000, MD5(toString(d)), SHA256(toString((d, s))), SHA256('h'), SHA256(toString((s, d))),
       SHA256(toString((d, s, 1))), SHA256(toString((d, s, 2)))
FROM (SELECT d, arrayJoin(range(7)) AS s FROM ({{documents}}))""",
    "event_places": f"""
(document_id, at, topic, partition, offset, row_keys, row_hashes)
SELECT {_WHICH} + toIntervalSecond(s), concat('topic-', toString(s)), d % 4, intDiv(d, 4), if(s < 2, keys, []),
       if(s < 2, arrayMap(key -> SHA256(toString((d, s, key))), keys), [])
FROM (SELECT d, arrayJoin(range(7)) AS s, arrayMap(f -> concat('fields/routed/', toString(intDiv(f, 5)), '/cell_',
                toString(f % 5)), range({FIELDS_PER_STAGE})) AS keys FROM ({{documents}}))""",
    "page_quality": f"""
(document_id, submitted_at, at, revision, page, tenant, source, engine, words_uri, min_confidence)
SELECT {_WHICH} AS submitted_at, submitted_at, 1, arrayJoin([1, 2]), 't1', 'ocr', 'small@5',
       concat('file:///objects/words/', hex(MD5(toString(d)))), 0.9
FROM ({{documents}})""",
    "deliveries": f"""
(document_id, at, revision, channel, delivery_id, tenant, result_id, state, target, partition, offset)
SELECT {_WHICH}, 1, 'kafka', concat('documents.results/', toString(d)), 't1', hex(MD5(toString(d))), 'delivered',
       {_PLACE}
FROM ({{documents}})""",
    "decisions": f"""
(document_id, decided_at, at, revision, decision_id, tenant, reviewer, decision, seconds)
SELECT {_WHICH} AS decided_at, decided_at, 1, concat('decision-', toString(d)), 't1',
       concat('reviewer-', toString(intDiv(d, 7) % 9)), 'corrected', 40
FROM ({{documents}}) WHERE d % 7 = 0""",
    "corrections": f"""
(document_id, decided_at, at, revision, name, reviewer, version, tenant, type, before_text, before_decimal, after_text,
 after_decimal)
SELECT {_WHICH} AS decided_at, decided_at, 1, arrayJoin(['field_1', 'field_2']),
       concat('reviewer-', toString(intDiv(d, 7) % 9)), 2, 't1', 'money', '10.00', 10, '11.00', 11
FROM ({{documents}}) WHERE d % 7 = 0""",
}
"""Columns and query of what each table gets; ``{documents}`` is a query of the documents' numbers, ``d``."""
