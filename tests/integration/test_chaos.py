"""Nothing is lost: workers and the broker die at random moments under load, and every document has exactly one end."""

import os
import random
import threading
from pathlib import Path

import pytest

from fieldtrail.stack import LocalStack
from tests.support.load import Ends, Sender, settings_for, start_stack, wait_for_ends

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(900)]

WORKER_KILLS = int(os.environ.get("FIELDTRAIL_CHAOS_WORKER_KILLS", "20"))
BROKER_KILLS = int(os.environ.get("FIELDTRAIL_CHAOS_BROKER_KILLS", "3"))
DOCUMENTS_PER_KILL = 15
"""As many as come, at the sender's rate, from one kill to the next."""


def kill_at_random(stack: LocalStack, name: str, kills: int, seed: int, pause_s: tuple[float, float]) -> None:
    """kill -9, a random time after the process was last seen up; the moments differ in every stage's work."""
    rng, clock = random.Random(seed), threading.Event()
    for _ in range(kills):
        stack.wait_until_up(name, 120)
        clock.wait(rng.uniform(*pause_s))
        stack.kill(name)
    stack.wait_until_up(name, 120)


def assert_exactly_one_end_each(ends: Ends, ids: list[str]) -> None:
    wrong = {document_id: found for document_id in ids if len(found := ends.ends_of(document_id)) != 1}
    assert wrong == {}
    assert ends.known() == set(ids)
    assert {i for i in ids if i.startswith("noise-")} == set(ends.letters)
    codes = {code for letters in ends.letters.values() for code, *_ in letters}
    assert codes == {"corrupt"}


def assert_repeated_deliveries_say_the_same(ends: Ends) -> None:
    different = [document_id for document_id, bodies in ends.bodies.items() if len(bodies) != 1]
    assert different == []


def test_nothing_is_lost_when_the_worker_is_killed(tmp_path: Path) -> None:
    with start_stack(tmp_path) as stack:
        settings = settings_for(stack)
        with Sender(settings, count=WORKER_KILLS * DOCUMENTS_PER_KILL, rate=3.0, seed=1) as sender:
            kill_at_random(stack, "worker-0", WORKER_KILLS, seed=11, pause_s=(0.2, 5.0))
        ends = wait_for_ends(settings, set(sender.ids), 180)
    assert len(sender.ids) == WORKER_KILLS * DOCUMENTS_PER_KILL
    assert_exactly_one_end_each(ends, sender.ids)
    assert_repeated_deliveries_say_the_same(ends)
    assert ends.finished_out_of_order()
    assert ends.deliveries > len(ends.results) + len(ends.reviews), (
        "no kill hit work in flight; the test proved nothing"
    )


def test_nothing_is_lost_when_the_broker_is_killed(tmp_path: Path) -> None:
    with start_stack(tmp_path) as stack:
        settings = settings_for(stack)
        with Sender(settings, count=BROKER_KILLS * 40, rate=4.0, seed=2) as sender:
            kill_at_random(stack, "broker", BROKER_KILLS, seed=12, pause_s=(2.0, 6.0))
        ends = wait_for_ends(settings, set(sender.ids), 180)
    assert_exactly_one_end_each(ends, sender.ids)
    assert_repeated_deliveries_say_the_same(ends)
