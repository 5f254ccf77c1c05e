"""The audit trail in ClickHouse: who read what, from where, how sure, who changed it, what was sent (DESIGN §6).

``client`` talks to a server, ``migrate`` makes the tables, ``rows`` says what goes into them and refuses what they
would change silently, ``insert`` writes it so that writing twice changes nothing.
"""
