"""What the watchers of a lab say, and how seldom they ask."""

import itertools

import pytest

from mplsemu.emulation.counters import Counters
from mplsemu.views.customer import customer_view
from mplsemu.web.sent_views import SentViews
from mplsemu.web.watch import KEPT_EVENTS, MACS_S, STATUS_S, LoadWatch, StatusWatch, ViewWatch
from tests.clock import Clock

from .weblab import fake_lab


@pytest.fixture
def lab():
    return fake_lab()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def status(lab, clock):
    return StatusWatch(lab, clock)


def named(messages, name):
    return [message.data for message in messages if message.event == name]


# --- events and state ----------------------------------------------------------------------


def test_the_first_look_tells_the_state_and_the_last_hundred_events(lab, status):
    for number in range(250):
        lab.tell("mac", f"event {number}")
    messages = status.look()
    [state] = named(messages, "state")
    assert state == {"generation": 1, "in_sync": True, "down": [], "controller": True}
    events = named(messages, "event")
    assert len(events) == KEPT_EVENTS
    assert events[-1]["text"] == "event 249"
    assert events[0].keys() == {"number", "time_s", "kind", "text", "took_ms"}


def test_while_nothing_happens_nothing_is_told_and_the_worker_is_asked_once_a_second(
    lab, status, clock
):
    status.look()
    before = lab.asked["status"]
    for _ in range(int(3 * STATUS_S / 0.125)):
        clock.now += 0.125
        assert status.look() == []
    assert lab.asked["status"] - before == 3


def test_a_link_that_goes_down_is_told_by_the_next_look(lab, status, clock):
    status.look()
    lab.set_link("dk-p1", up=False)
    clock.now += 0.125
    messages = status.look()
    assert [each["kind"] for each in named(messages, "event")] == ["port", "program"]
    assert named(messages, "state") == [
        {"generation": 2, "in_sync": True, "down": ["dk-p1"], "controller": True}
    ]
    assert status.look() == []


def test_switches_out_of_sync_are_asked_for_again_at_once(lab, status, clock):
    lab.switch_faults = {"p1": {"in_sync": False}}
    assert named(status.look(), "state")[0]["in_sync"] is False
    since = status.known.unsynced_since
    assert since == clock.now
    clock.now += 0.125
    status.look()
    assert status.known.unsynced_since == since
    lab.switch_faults = {}
    clock.now += 0.125
    assert named(status.look(), "state")[0]["in_sync"] is True
    assert status.known.unsynced_since is None


def test_a_controller_that_does_not_answer_is_told_once_with_what_was_known(lab, status, clock):
    lab.set_link("dk-p1", up=False)
    status.look()
    lab.answers = False
    assert named(status.look(), "state") == [
        {"generation": 2, "in_sync": False, "down": ["dk-p1"], "controller": False}
    ]
    assert status.look() == []
    lab.answers = True
    assert named(status.look(), "state")[0]["controller"] is True


def test_a_controller_that_never_answered_is_told(lab, status):
    lab.answers = False
    assert named(status.look(), "state") == [
        {"generation": 0, "in_sync": False, "down": [], "controller": False}
    ]


def test_events_that_a_controller_has_kept_are_told_once(lab, status, clock):
    numbers = [each["number"] for each in named(status.look(), "event")]
    lab.pid += 1
    lab.tell("program", "the controller was started again")
    for _ in range(12):
        clock.now += 0.125
        numbers += [each["number"] for each in named(status.look(), "event")]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("was_noticed", [True, False])
def test_numbers_of_events_go_on_where_the_controller_was_started_again(
    lab, status, clock, was_noticed
):
    numbers = [each["number"] for each in named(status.look(), "event")]
    if was_noticed:
        lab.answers = False
        status.look()
        lab.answers = True
    lab.restart_controller()
    lab.tell("mac", "flushed")
    for _ in range(12):
        clock.now += 0.125
        numbers += [each["number"] for each in named(status.look(), "event")]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 5 + 6


# --- load ----------------------------------------------------------------------------------


def test_a_load_needs_two_looks(lab):
    readings = iter([Counters(1.0, {"x-y": (0, 0)}), Counters(2.0, {"x-y": (125, 250)})])
    lab.counters = lambda: next(readings)
    watch = LoadWatch(lab)
    assert watch.look() == []
    assert named(watch.look(), "load") == [{"links": {"x-y": (1000, 2000)}}]


def test_every_core_link_has_a_load(lab):
    watch = LoadWatch(lab)
    watch.look()
    [load] = named(watch.look(), "load")
    assert load["links"].keys() == {link.name for link in lab.network.provider.links}


# --- pictures and alarms -------------------------------------------------------------------


@pytest.fixture
def shown():
    return SentViews()


@pytest.fixture
def review(lab, clock, status, shown):
    made = ViewWatch(lab, clock, shown)

    def look():
        status.look()
        return made.look(status.known)

    return look


def test_the_first_review_tells_alarms_and_all_pictures(review):
    messages = review()
    assert named(messages, "pictures") == [{"vpns": ["a", "b", "c"]}]
    assert named(messages, "alarms") == [{"alarms": []}]


def test_while_nothing_changes_a_review_fetches_nothing(lab, review):
    review()
    before = dict(lab.asked)
    assert review() == []
    assert lab.asked["installed"] == before["installed"]


def test_only_pictures_that_are_others_now_are_told(lab, review):
    review()
    lab.set_link("dk-p1", up=False)  # nobody loses a site
    assert [message.event for message in review()] == ["alarms"]
    lab.set_link("a/oslo", up=False)
    messages = review()
    assert named(messages, "pictures") == [{"vpns": ["a"]}]
    assert [each["object"] for each in named(messages, "alarms")[0]["alarms"]] == [
        "line a/oslo",
        "link dk-p1",
    ]


def test_learned_addresses_change_a_vpls_picture_and_are_asked_for_seldom(lab, review, clock):
    review()
    asked = lab.asked["macs"]
    mac = {"node": "dk", "vsi": "c", "mac": "02:00:00:00:00:08", "circuit": "c/odense"}
    lab.learned = [{**mac, "peer": None}]
    assert review() == []
    assert lab.asked["macs"] == asked
    clock.now += MACS_S
    assert named(review(), "pictures") == [{"vpns": ["c"]}]
    assert lab.asked["macs"] == asked + 1


def test_a_lab_without_a_vpls_is_never_asked_what_it_learned(clock):
    lab = fake_lab("extranet")
    assert {vpn.kind for vpn in lab.facts.vpns} == {"l3vpn"}
    status, review = StatusWatch(lab, clock), ViewWatch(lab, clock, SentViews())
    for _ in range(3):
        status.look()
        review.look(status.known)
        clock.now += MACS_S
    assert "macs" not in lab.asked


def test_a_silent_controller_is_an_alarm_though_no_picture_can_be_had(lab, review):
    review()
    lab.answers = False
    [alarms] = named(review(), "alarms")
    assert alarms["alarms"][0]["severity"] == "critical"
    assert alarms["alarms"][0]["object"] == "controller"


def test_an_alarm_ends_when_its_cause_ends(lab, review):
    review()
    for up, count in ((False, 1), (True, 0)):
        lab.set_link("p1-p2", up=up)
        assert len(named(review(), "alarms")[0]["alarms"]) == count


def test_a_change_between_status_and_program_is_not_missed(lab, clock):
    """The program may be newer than the status it was asked for with."""
    status, review = StatusWatch(lab, clock), ViewWatch(lab, clock, SentViews())
    status.look()
    review.look(status.known)
    old = status.known
    lab.set_link("a/oslo", up=False)
    told = list(
        itertools.chain.from_iterable(
            named(messages, "pictures")
            for messages in (review.look(old), (status.look(), review.look(status.known))[1])
        )
    )
    assert told == [{"vpns": ["a"]}]


# --- a change that is undone before anybody looks ------------------------------------------


def test_whoever_saw_a_change_that_was_undone_between_two_looks_is_told(lab, review, shown):
    review()
    lab.set_link("a/oslo", up=False)
    shown.note("a", customer_view(lab.installed().program, "a"))  # he asks by chance just now
    lab.set_link("a/oslo", up=True)
    assert named(review(), "pictures") == [{"vpns": ["a"]}]
    assert review() == []


def test_he_is_told_later_where_the_controller_does_not_answer(lab, review, shown):
    review()
    lab.set_link("a/oslo", up=False)
    shown.note("a", customer_view(lab.installed().program, "a"))
    lab.set_link("a/oslo", up=True)
    lab.answers = False
    assert named(review(), "pictures") == []
    lab.answers = True
    assert named(review(), "pictures") == [{"vpns": ["a"]}]


def test_whoever_saw_what_is_now_is_not_told(lab, review, shown):
    review()
    shown.note("a", customer_view(lab.installed().program, "a"))
    assert review() == []
    lab.set_link("a/oslo", up=False)
    now = customer_view(lab.installed().program, "a")
    shown.note("a", now)
    assert named(review(), "pictures") == [{"vpns": ["a"]}]  # others may have the old one
    shown.note("a", now)
    assert review() == []


def test_one_of_several_views_that_were_sent_is_another(lab, shown):
    before = customer_view(lab.installed().program, "a")
    lab.set_link("a/oslo", up=False)
    other = customer_view(lab.installed().program, "a")
    for views in ((before, other), (other, before), (other, other, before, before)):
        for view in views:
            shown.note("a", view)
        assert shown.take_outdated({"a": before}) == {"a"}
    shown.note("a", before)
    assert shown.take_outdated({"a": before}) == set()
