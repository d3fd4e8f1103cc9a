"""Events are drawn from a seed: the same ones again, of every kind, most of them readable by Lambda's parser."""

import json
from collections import Counter
from itertools import islice

from fuzz.events.generator import draw_event
from fuzz.oracle.oracle import expect
from fuzz.packaging import Packaged
from fuzz.running.session import Tally, find_good
from fuzz.running.work import Place, plan
from fuzz.targets import all_targets

TARGETS = all_targets()
PLACES = [Place("a", "", "v"), Place("b", "", "v")]


def packaged(name: str) -> Packaged:
    return Packaged(TARGETS[name], "", "v")


def test_a_seed_gives_the_same_events_and_another_one_others() -> None:
    mixed = packaged("mixed")
    first = [draw_event(1, number, mixed) for number in range(50)]
    assert [draw_event(1, number, mixed) for number in range(50)] == first
    assert [draw_event(2, number, mixed) for number in range(50)] != first


def test_events_are_of_all_kinds_and_a_third_of_them_valid() -> None:
    add = packaged("add")
    values = [draw_event(3, number, add).value for number in range(400)]
    fields = Counter(field for value in values if isinstance(value, dict) for field in value)
    assert all(fields[field] > 20 for field in ("httpMethod", "rawPath", "path", "inputs", "body"))
    valid = sum(not expect(add, value).statuses for value in values)
    assert 400 / 3 < valid < 400 * 2 / 3


def test_an_event_is_one_line_of_json() -> None:
    for name in ("id-bytes", "hook", "picture-rgb", "catalog"):
        for number in range(200):
            text = draw_event(4, number, packaged(name)).text
            assert "\n" not in text
            json.loads(text.encode())


def test_every_function_has_a_good_request() -> None:
    for name in TARGETS:
        assert not expect(packaged(name), find_good(packaged(name)).value).statuses


def test_a_plan_has_as_many_events_as_were_asked_for() -> None:
    jobs = list(plan(PLACES, 1, 1000, 0))
    assert sum(job.stop - job.start for job in jobs) == 1000
    assert [job.place.name for job in jobs] == ["a", "b", "a", "b"]


def test_a_plan_ends_with_its_seconds() -> None:
    times = iter([0.0, 1.0, 2.0, 3.0, 11.0])
    assert len(list(islice(plan(PLACES, 1, 0, 10, lambda: next(times)), 9))) == 3


def test_tallies_add_up() -> None:
    whole, part = Tally(), Tally(events=2, statuses=Counter({200: 2}), faults=Counter({("a", "wrong data"): 1}))
    whole.add(part)
    whole.add(part)
    assert (whole.events, whole.statuses[200], whole.faults["a", "wrong data"]) == (4, 4, 2)
