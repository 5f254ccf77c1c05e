"""Tamper evidence: the canonical form of events, hash chains, Merkle trees, and their verification. Pure.

:mod:`event <processors.audit.event>` says what is hashed, :mod:`chain <processors.audit.chain>` links the events of one
topic partition, :mod:`merkle <processors.audit.merkle>` condenses a day of all chains to one root,
:mod:`rows <processors.audit.rows>` ties table rows to their event, and :mod:`verify <processors.audit.verify>` finds
the first break. ``docs/audit.md`` tells the same for people who check with tools of their own.
"""
