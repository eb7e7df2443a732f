"""Hosts that cannot send or listen, for whatever reason: checks say so, and the others go on."""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from mplsemu import Lab
from mplsemu.errors import NodeGoneError
from tests.system.running import mplsemu
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.dataplane("ebpf")]  # it is about hosts

LAB = """
name: silent
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 192.168.1.0/24}
      y: {pe: se, subnet: 192.168.2.0/24}
      z: {pe: se, subnet: 192.168.3.0/24}
  b:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {x: {pe: dk}, y: {pe: se}, z: {pe: se}}
validate:
  - {ping: [a/x/h1, a/y/h1], wait: 1 s}
  - {ping: [a/x/h1, b/y/h1], expect: fail}
  - {path: [a/x/h1, a/y/h1], via: [dk-se]}
"""
VICTIM, BRIDGED = "a/x/h1", "b/x/h1"

DOWN = "ip link set eth0 down"
DELETED = "ip link delete eth0"
UNREACHABLE = "ip route flush table main"
FORBIDDEN = "ip route replace prohibit default"
KILLED = "killed"


WAYS = [DOWN, DELETED, UNREACHABLE, FORBIDDEN, KILLED]


@pytest.fixture(scope="module")
def labs(tmp_path_factory, dataplane):
    """A lab for each way in which hosts get silent."""
    with ExitStack() as stack:
        made = {}
        for how in WAYS:
            directory = tmp_path_factory.mktemp("silent")
            file = directory / "silent.yaml"
            file.write_text(LAB)
            lab = stack.enter_context(Lab(file, run_dir=directory / "r", dataplane=dataplane))
            for host in (VICTIM, BRIDGED):
                silence(lab, host, how)
            made[how] = lab
        yield made


def silence(lab, host, how):
    if how == KILLED:
        pid = lab.session.host(host).pid
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: is_gone(pid), "it is dead")
    else:
        lab.cmd(host, how)


TEST = ("test", "--running", "silent")
CHECKS = (*TEST, "--json")
OTHERS = (
    ("ping", "-c", "1", VICTIM, "a/y/h1"),
    ("ping", "-c", "1", "a/y/h1", VICTIM),
    ("trace", "silent", VICTIM, "a/y/h1", "--live"),
    ("trace", "silent", "a/y/h1", VICTIM, "--live"),
    ("exec", VICTIM, "--", "true"),
    ("capture", "--seconds", "0.1", VICTIM),
    ("link", "a/x", "down"),
    ("link", "a/x", "up"),
    ("status",),
)


@pytest.fixture(scope="module")
def checked(labs):
    """Ask each lab for its checks, all at once: they wait for hosts that say nothing."""
    asked = {how: (lab, *CHECKS) for how, lab in labs.items()} | {"text": (labs[DOWN], *TEST)}
    with ThreadPoolExecutor(len(asked)) as pool:
        yield {name: pool.submit(about, *words) for name, words in asked.items()}


@pytest.fixture(scope="module")
def answers(labs, checked):
    """Ask each lab all the rest, meanwhile."""
    with ThreadPoolExecutor(len(labs)) as pool:
        yield {how: pool.submit(ask, lab, checked[how]) for how, lab in labs.items()}


def ask(lab, checked):
    found = {words: about(lab, *words) for words in OTHERS if words[0] not in {"link", "status"}}
    checked.result()  # nobody cuts a link meanwhile
    return found | {words: about(lab, *words) for words in OTHERS if words not in found}


@pytest.fixture(params=WAYS)
def how(request):
    return request.param


@pytest.fixture
def silent(labs, how):
    return labs[how]


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def about(lab, *words):
    env = {"MPLSEMU_RUN_DIR": str(lab.session.directory.path.parent)}
    return mplsemu(*words, env=env, timeout_s=120)


@pytest.mark.usefixtures("answers")  # they are on their way meanwhile
def test_a_packet_elsewhere_is_followed_all_the_same(silent):
    done = about(silent, "trace", "silent", "a/z/h1", "a/y/h1", "--live", "--json")
    assert json.loads(done.stdout)["live"]["as_predicted"], done.stdout


def test_a_script_is_told(silent, how):
    assert not silent.reaches(VICTIM, "a/y/h1")
    assert not silent.reaches("a/y/h1", VICTIM)
    if how == KILLED:
        with pytest.raises(NodeGoneError, match="of the lab is gone"):
            silent.cmd(VICTIM, "true")
    assert silent.reaches("a/y/h1", "a/z/h1")


def test_checks_that_it_has_a_part_in_fail_and_the_others_hold(checked, how):
    done = checked[how].result()
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    checks = json.loads(done.stdout)["checks"]
    wrong = [check for check in checks if not check["ok"]]
    assert any(VICTIM in (check["src"], check["dst"]) for check in wrong)
    assert all(check["detail"] for check in wrong)
    has_no_part = [
        check for check in checks if not {check["src"], check["dst"]} & {VICTIM, BRIDGED}
    ]
    assert any(check["ok"] and check["expect"] == "reach" for check in has_no_part)
    assert [check for check in wrong if check in has_no_part and check["dst"] != "broadcast"] == []
    words = {
        DOWN: "Network is down",
        DELETED: "No such device",
        UNREACHABLE: "Network is unreachable",
        FORBIDDEN: "it did not arrive",
        KILLED: "is gone",
    }
    assert any(words[how] in check["detail"] for check in wrong)
    if how in (DOWN, DELETED, KILLED):  # then nobody knows whether it is isolated either
        assert {check["name"] for check in wrong} >= {
            check["name"] for check in checks if {check["src"], check["dst"]} & {VICTIM, BRIDGED}
        }


def test_it_is_a_row_of_crosses(checked):
    """`matrix` at the prompt prints the same."""
    done = checked["text"].result()
    assert done.returncode == 1
    assert "✗" in done.stdout
    assert "Network is down" in re.sub(r"\s+", " ", done.stdout)


def test_no_other_command_ends_in_a_traceback(answers, how):
    for words, done in answers[how].result().items():
        assert done.returncode in {0, 1, 2}, words
        assert "Traceback" not in done.stderr + done.stdout, words
        assert done.stdout or done.stderr or words[0] == "exec", words
