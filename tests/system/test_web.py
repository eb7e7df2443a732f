"""The live page on a real lab: who sees what, what changes, what becomes of it when things die."""

import json
import os
import re
import signal
import socket
import statistics
import time
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest

from mplsemu.running.supervisor import MAX_RESTARTS
from tests.places import TOPOLOGIES
from tests.system.livepage import Page
from tests.system.running import Ground, detached, mplsemu, start
from tests.waiting import eventually

pytestmark = pytest.mark.system

NORDIC = TOPOLOGIES / "nordic.yaml"
CUT_TO_SEEN_MS = 2000


def status_of(ground):
    return json.loads(mplsemu("status", "--json", env=ground.env).stdout)["labs"][0]


@pytest.fixture(scope="module")
def up(tmp_path_factory, dataplane):
    """A nordic lab with a page, in the background."""
    made = Ground(tmp_path_factory.mktemp("web") / "r")
    with detached(made, NORDIC, "--web", "0") as greeting:
        made.greeting = greeting
        yield made


@pytest.fixture
def links(up):
    return status_of(up)["web"]


@pytest.fixture
def page():
    """Return ``page(link)``: a reader, who is let go at the end."""
    with ExitStack() as stack:

        def opened(link):
            return stack.enter_context(closing(Page(link)))

        yield opened


@pytest.fixture
def provider(links, page):
    made = page(links["provider"])
    yield made
    for link in ("dk-p1", "a/oslo"):
        made.post("links", link=link, up=True)


@pytest.fixture
def customer(links, page):
    """Return ``customer(letter)``: that customer's page."""
    return lambda letter: page(links["customers"][f"Customer {letter}"])


@contextmanager
def started(*words, env):
    """Run a command in the background while the block runs."""
    process = start(*words, env=env)
    try:
        yield process
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        process.wait()


# --- what the page shows -------------------------------------------------------------------


def test_the_greeting_has_a_link_for_the_provider_and_one_for_each_customer(up, links):
    printed = re.findall(r"^  (\S.*?) +(http://\S+)$", up.greeting, re.MULTILINE)
    assert dict(printed) == {"provider": links["provider"], **links["customers"]}
    assert list(links["customers"]) == ["Customer A", "Customer B", "Customer C"]
    assert len({*links["customers"].values(), links["provider"]}) == 4


def test_the_session_has_the_lab_as_it_runs(provider, dataplane):
    session = provider.good("session")
    assert (session["lab"], session["dataplane"]) == ("nordic", dataplane)
    assert len(session["links"]) == 7
    assert len(session["hosts"]) == 10


def test_the_page_itself_needs_no_token(provider):
    answer = httpx.get(provider.address)
    assert answer.status_code == 200
    assert "nordic" not in answer.text


def test_a_cut_link_is_seen_by_all_who_look_and_the_ping_goes_another_way(
    provider, record_property
):
    took_ms = []
    with provider.stream() as stream:
        stream.await_message("state")
        for turn in range(5):
            before = len(stream.messages)
            began = time.monotonic()
            done = provider.good("links", link="dk-p1", up=False)
            at, state = stream.await_message(
                "state", lambda d: d["down"] == ["dk-p1"], after=before
            )
            took_ms.append((at - began) * 1000)
            assert done == {"link": "dk-p1", "up": False, "took_ms": done["took_ms"]}
            if turn == 0:
                stream.await_message("event", lambda d: d["text"] == "dk-p1 is down")
                stream.await_message(
                    "alarms", lambda d: [a["object"] for a in d["alarms"]] == ["link dk-p1"]
                )
                found = provider.good("ping", src="a/aarhus/h1", dst="a/oslo/h1", count=2)
                assert (found["received"], len(found["rtt_ms"])) == (2, 2)
                hops = provider.good("trace", src="a/aarhus/h1", dst="a/oslo/h1")["hops"]
                assert hops[0]["link"] == "dk-p2"
                picture = provider.good("pictures/provider")
                assert picture["generation"] == state["generation"]
            before = len(stream.messages)
            provider.good("links", link="dk-p1", up=True)
            stream.await_message("state", lambda d: d["down"] == [], after=before)
    record_property("cut_to_state_ms", statistics.median(took_ms))
    print(f"cut to state event: median {statistics.median(took_ms):.0f} ms, {took_ms}")
    assert statistics.median(took_ms) < CUT_TO_SEEN_MS


def test_a_site_whose_line_is_cut_is_another_picture_for_its_customer_alone(customer, provider):
    his, others = customer("A"), customer("B")
    before = his.good("pictures/vpns/a")["svg"]
    with his.stream() as mine, others.stream() as theirs:
        mine.await_message("pictures", lambda d: d["vpns"] == ["a"])
        theirs.await_message("pictures", lambda d: d["vpns"] == ["b"])
        provider.good("links", link="a/oslo", up=False)
        mine.await_message("pictures", after=1)
        assert his.good("pictures/vpns/a")["svg"] != before
        provider.good("links", link="a/oslo", up=True)
        mine.await_message("pictures", after=2)
        assert {event for _, event, _ in mine.messages} == {"pictures"}
        assert len(theirs.messages) == 1
    assert his.good("pictures/vpns/a")["svg"] == before


def test_traffic_shows_as_load_on_the_links_it_takes(up, provider):
    with provider.stream() as stream:
        flood = ["ping", "-q", "-i", "0.002", "-s", "1400", "-c", "1000", "192.168.3.2"]
        with started("exec", "b/aarhus/h1", "--", *flood, env=up.env):
            found = stream.await_message(
                "load", lambda d: min(d["links"]["dk-p1"]) > 1_000_000, timeout_s=20
            )[1]["links"]
            assert min(found["no-p1"]) > 1_000_000
            assert max(found["se-p1"]) < 100_000


def test_a_table_is_what_show_prints_of_the_running_lab(up, provider):
    for table in ("lfib", "vsi", "macs"):
        printed = json.loads(mplsemu("show", "nordic", table, "--json", env=up.env).stdout)
        assert provider.good(f"tables/{table}") == printed


def test_what_the_vpls_has_learned_is_in_its_customers_picture(customer, provider):
    provider.good("ping", src="c/odense/h1", dst="c/malmo/h1")

    def learned():
        rows = provider.good("tables/macs")["macs"]
        macs = {row["mac"] for row in rows if row["circuit"] in {"c/odense", "c/malmo"}}
        return macs if len(macs) == 2 else None

    macs = eventually(learned, "learned addresses")
    picture = customer("C").good("pictures/vpns/c")["svg"]
    assert [mac for mac in macs if mac not in picture] == []


# --- who may -------------------------------------------------------------------------------


def test_a_customer_sees_his_own_and_nothing_else(customer):
    his = customer("A")
    assert his.good("session")["vpns"] == [{"name": "a", "kind": "l3vpn"}]
    assert his.good("pictures/vpns/a")["svg"].startswith("<svg")
    nothing = his.get("nothing")
    assert nothing.status_code == 404
    for answer in (
        his.get("pictures/vpns/b"),
        his.get("pictures/vpns/nobody"),
        his.get("pictures/provider"),
        his.get("tables/vrf"),
        his.get("openapi.json"),
        his.post("links", link="dk-p1", up=False),
        his.post("ping", src="a/aarhus/h1", dst="a/oslo/h1"),
        his.post("trace", src="a/aarhus/h1", dst="a/oslo/h1"),
    ):
        assert (answer.status_code, answer.content) == (404, nothing.content)


def test_tokens_are_for_root_alone_and_in_no_log(up, links):
    directory = up.directory / "nordic"
    assert (directory / "web.json").stat().st_mode & 0o777 == 0o600
    tokens = [
        link.partition("token=")[2] for link in [links["provider"], *links["customers"].values()]
    ]
    httpx.get(links["provider"].replace("#", "?"))  # a mistake that someone might make
    for path in directory.glob("*.log"):
        assert not [token for token in tokens if token in path.read_text()]
    for path in directory.glob("lab.json"):
        assert not [token for token in tokens if token in path.read_text()]


# --- what dies -----------------------------------------------------------------------------


def test_a_killed_server_comes_back_with_the_same_links(up, links, provider):
    killed = up.process(r"mplsemu web")
    assert killed is not None
    with provider.stream() as stream:
        stream.await_message("state")
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: stream.has_ended, "the end of the stream")
        assert "end" not in {event for _, event, _ in stream.messages}
    assert provider.good("session")["lab"] == "nordic"  # it waits in the socket's line until then
    assert status_of(up)["web"] == links
    assert up.process(r"mplsemu web") not in {None, killed}


def test_a_killed_controller_is_an_alarm_until_it_is_back(up, provider):
    with provider.stream() as stream:
        stream.await_message("state", lambda d: d["controller"])
        before = len(stream.messages)
        os.kill(up.process(r"mplsemu controller"), signal.SIGKILL)
        stream.await_message("state", lambda d: not d["controller"], after=before)
        stream.await_message(
            "alarms", lambda d: "controller" in {a["object"] for a in d["alarms"]}, after=before
        )
        gone = len(stream.messages)
        stream.await_message("state", lambda d: d["controller"] and d["in_sync"], 20, after=gone)
        numbers = [data["number"] for _, event, data in stream.messages if event == "event"]
        assert numbers == sorted(set(numbers))


def await_silence(reader):
    """Wait until nobody listens any more where a page was."""

    def is_silent():
        try:
            reader.get("session")
        except httpx.ConnectError:
            return True
        except httpx.TransportError:  # it was in line when the socket was closed
            return False
        return False

    eventually(is_silent, "that nobody listens")


# --- mplsemu web ---------------------------------------------------------------------------


def lines_of(process, count):
    return [process.stdout.readline() for _ in range(count)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_by_hand_gives_the_same_tokens_and_ends_cleanly(up, links, page, number):
    with started("web", "--port", "0", env=up.env) as server:
        head, *rest = lines_of(server, 5)
        assert head == "live page of lab nordic; Ctrl-C ends it\n"
        tokens = [re.search(r"token=(\S+)", line)[1] for line in rest]
        known = [links["provider"], *links["customers"].values()]
        assert tokens == [link.partition("token=")[2] for link in known]
        reader = page(re.search(r"http\S+", rest[0])[0])
        assert reader.address != links["address"]
        with reader.stream() as stream:
            stream.await_message("state")
            server.send_signal(number)
            assert server.wait(10) == 0
            assert (server.stdout.read(), server.stderr.read()) == ("", "")
            eventually(lambda: stream.has_ended, "the end of the stream")
            assert "end" not in {event for _, event, _ in stream.messages}


def test_a_server_by_hand_prints_its_links_as_json(up, links, page):
    with started("web", "--port", "0", "--json", env=up.env) as server:
        text = ""
        while not text.endswith("}\n}\n"):
            text += server.stdout.readline()
        found = json.loads(text)
        assert found.keys() == {"provider", "customers"}
        assert list(found["customers"]) == list(links["customers"])
        assert page(found["provider"]).good("session")["role"] == "provider"


def test_who_listens_on_other_addresses_is_warned(up):
    with started("web", "--port", "0", "--host", "0.0.0.0", env=up.env) as server:
        assert socket.gethostname() in lines_of(server, 2)[1]
        assert "nothing is encrypted" in server.stderr.readline()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["web", "--lab", "nobody"], "no lab named 'nobody' is running"),
        (["web", "--port", "70000"], "not a port"),
        (["web", "--port", "http"], "not a port"),
        (["web", "--host", "192.0.2.1"], "cannot listen on port 8080 of 192.0.2.1"),
    ],
)
def test_what_cannot_be_served_is_one_line(up, words, said):
    done = mplsemu(*words, env=up.env)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert said in line


def test_who_is_not_root_gets_no_link(up):
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    done = mplsemu("web", "--port", "0", env=up.env, prefix=nobody)
    assert (done.returncode, done.stdout) == (2, "")
    assert "token" not in done.stderr


def test_a_port_in_use_is_one_line_and_nothing_has_booted(up, ground, small):
    port = status_of(up)["web"]["address"].rpartition(":")[2]
    for words, env in (
        (("web", "--port", port), up.env),
        (("up", small, "--web", port), ground.env),
        (("up", "--detach", small, "--web", port), ground.env),
    ):
        done = mplsemu(*words, env=env)
        assert (done.returncode, done.stdout) == (2, "")
        [line] = done.stderr.splitlines()
        option = "--port" if words[0] == "web" else "--web"
        assert line == (
            f"mplsemu: cannot listen on port {port}: in use; {option} 0 chooses a free one"
        )
    ground.assert_clean()


# --- ends ----------------------------------------------------------------------------------


def test_a_prompt_has_a_page_and_when_the_lab_ends_everyone_is_told(ground, small, page):
    with started("up", small, "--web", "0", env=ground.env) as lab:
        one = page(re.search(r"http\S+", lines_of(lab, 3)[2])[0])
        with started("web", "--port", "0", env=ground.env) as by_hand:
            two = page(re.search(r"http\S+", lines_of(by_hand, 2)[1])[0])
            with one.stream() as first, two.stream() as second:
                for stream in (first, second):
                    stream.await_message("state")
                lab.stdin.close()  # as Ctrl-D
                for stream in (first, second):
                    stream.await_message("end", timeout_s=15)
                    eventually(lambda stream=stream: stream.has_ended, "the end of the stream")
            assert lab.wait(10) == 0
            assert by_hand.wait(10) == 0
            assert by_hand.stderr.read() == "mplsemu: lab small has ended\n"
        await_silence(one)
    ground.assert_clean()


def test_a_lab_process_that_is_killed_takes_its_server_along(ground, small, page):
    done = mplsemu("up", "--detach", small, "--web", "0", env=ground.env)
    assert done.returncode == 0
    reader = page(re.search(r"http\S+", done.stdout)[0])
    assert reader.good("session")["lab"] == "small"
    os.kill(status_of(ground)["pid"], signal.SIGKILL)
    eventually(lambda: ground.process("mplsemu web") is None, "the end of the server")
    await_silence(reader)
    mplsemu("status", env=ground.env)  # sweeps the directory
    ground.assert_clean()


def test_a_server_that_cannot_be_kept_alive_leaves_the_lab_running(ground, small):
    done = mplsemu("up", "--detach", small, "--web", "0", env=ground.env)
    assert done.returncode == 0
    log = ground.directory / "small" / "up.log"
    for _ in range(MAX_RESTARTS + 1):
        pid = eventually(lambda: ground.process("mplsemu web"), "a server")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda pid=pid: ground.process("mplsemu web") != pid, "its end")
    eventually(lambda: "goes on without it" in log.read_text(), "a word about it")
    assert ground.process("mplsemu web") is None
    assert mplsemu("ping", "-c1", "a/x/h1", "a/y/h1", env=ground.env).returncode == 0
    assert mplsemu("down", env=ground.env).returncode == 0
    ground.assert_clean()
