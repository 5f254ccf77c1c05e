"""Retention by age: which documents are due, and their erasure. A legal hold wins; holds are told, not errors here."""

from dataclasses import dataclass

from connectors.clickhouse.client import ClickHouse
from connectors.clickhouse.erase import Subject, find_subjects, tenant_subjects, tenants, values_left
from connectors.retention import EVERY_TENANT, Retention
from fieldtrail.audit.asking import utc_now
from fieldtrail.audit.erasure import RETENTION, Eraser, Order, Outcome

_BY = "fieldtrail retention apply"


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be erased: documents by tenant with the days that they were kept, and erased ones that came back."""

    by_age: tuple[tuple[int, tuple[Subject, ...]], ...]
    came_back: tuple[Subject, ...]

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """All of them."""
        return (*(subject for _, some in self.by_age for subject in some), *self.came_back)


def due(client: ClickHouse, retention: Retention) -> Due:
    """What is due now. A tenant's own retention stands over that of all tenants.

    Documents that were erased and have no values are not due, nor are those whose erasure broke off (it is resumed);
    those that have values again (a stage was replayed, or the sink wrote late) are.
    """
    policies = {policy.tenant: policy for policy in retention.policies()}
    now = utc_now()
    journals = retention.erasures()
    begun = {erasure.document_id for erasure in journals}
    erased = {erasure.document_id for erasure in journals if erasure.finished_at is not None}
    by_age = []
    for tenant in tenants(client):
        policy = policies.get(tenant, policies.get(EVERY_TENANT))
        if policy is not None:
            old = [item for item in tenant_subjects(client, tenant, policy.cut(now)) if item.document_id not in begun]
            by_age.append((policy.days, tuple(old)))
    again = values_left(client, sorted(erased)) if erased else {}
    came_back = [
        item for document in sorted(again) for item in find_subjects(client, document) if item.document_id == document
    ]
    return Due(tuple(by_age), tuple(came_back))


def apply(eraser: Eraser, wanted: Due) -> Outcome:
    """Erases what is due, after ending what had broken off."""
    parts = [eraser.resume()]
    for days, subjects in wanted.by_age:
        parts.append(eraser.erase(subjects, Order(_BY, f"kept for {days} days", RETENTION)))
    parts.append(eraser.erase(wanted.came_back, Order(_BY, "came back after its erasure", RETENTION)))
    return Outcome(
        tuple(proof for part in parts for proof in part.erased),
        tuple(held for part in parts for held in part.held),
    )
