"""``check`` against what really runs: what is installed, and who reaches whom with links cut."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network

import pytest

from mplsemu import Lab
from mplsemu.control.compile import compile_program
from mplsemu.emulation.probe import Probe, Prober
from mplsemu.lab.loader import loads
from mplsemu.running.checks import endpoints
from mplsemu.southbound.ebpf.attached import ATTACHED_FILE, load_attached
from mplsemu.southbound.ebpf.kinds import Role, RouteKind
from mplsemu.southbound.ebpf.layout import (
    SETTINGS_KEY,
    FibKey,
    IlmKey,
    Port,
    RouteRecord,
    Settings,
    word,
)
from mplsemu.southbound.ebpf.maps import open_map
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from tests.system.running import PLANES, mplsemu

pytestmark = pytest.mark.system

OFCTL = ("ovs-ofctl", "-O", "OpenFlow13")


@pytest.fixture(scope="module")
def lab(nordic):
    """Return nordic as it runs; its program may have met hosts in other tests."""
    return nordic


def live(code):
    done = mplsemu("check", "--live", "--lab", "nordic", "--json")
    assert done.stderr == ""
    assert done.returncode == code, done.stdout
    return json.loads(done.stdout)


def ofctl(node, *words):
    done = mplsemu("exec", "--lab", "nordic", node, "--", *OFCTL, *words)
    assert (done.returncode, done.stderr) == (0, "")


def restart_controller(lab):
    """End the controller; it starts again, reads what is installed, and mends it."""
    pid = lab.session.controller.call("status")["pid"]
    mplsemu("exec", "--lab", "nordic", "dk", "--", "kill", str(pid))
    lab.session.controller.wait_until(
        lambda status: status["pid"] != pid and status["in_sync"], 20, "the flows again"
    )
    assert live(0)["differences"] == []


@pytest.fixture
def restored(lab):
    """Let the controller install again what a test removes or changes, when it is done."""
    yield
    for node in ("dk", "p1"):
        ofctl(node, "del-flows", node)
    restart_controller(lab)


def test_what_is_installed_is_what_was_meant_also_with_a_link_down(lab, dataplane):
    found = live(0)
    assert found["dataplane"] == dataplane
    assert (found["lab"], found["holds"], found["down"]) == ("nordic", True, [])
    assert found["counts"]["lsrs"] == 5
    assert found["counts"]["flows"] > {"openflow": 200, "ebpf": 100}[dataplane]
    with lab.link("dk", "p1").down():
        assert live(0)["down"] == ["dk-p1"]
    said = mplsemu("check", "--live", "--lab", "nordic").stdout
    assert "all as they should be" in said


def test_failures_of_a_running_lab_come_on_top_of_what_is_down(lab):
    with lab.link("dk", "p1").down():
        done = mplsemu("check", "nordic", "--failures", "1", "--json")
    found = json.loads(done.stdout)["failures"]
    assert (found["tried"], found["single_points"]) == (6, ["dk-p2"])


@pytest.mark.dataplane("openflow")
def test_a_flow_that_somebody_removes_changes_or_adds_is_named(lab, restored):
    label = next(entry for entry in lab.program().node("p1").ilm if entry.egress == "no")
    match = f"table=1,priority=100,mpls,mpls_label={int(label.label)},mpls_bos=0"
    ofctl("p1", "--strict", "del-flows", "p1", match)
    (only,) = live(1)["differences"]
    assert (only["node"], only["table"], only["kind"]) == ("p1", "LFIB", "missing")
    assert only["entry"] == f"label {int(label.label)}"
    assert only["wanted"] == f"pop, out on link {label.action.nhlfes[0].link}"

    number = lab.program().node("dk").vrf_by_name["b"].index
    stray = f"table=11,priority=1016,ip,metadata={number},nw_dst=10.9.0.0/16,actions=drop"
    ofctl("dk", "add-flow", "dk", stray)
    circuit = next(each for each in lab.program().node("dk").circuits if each.vpn == "a")
    ofctl("dk", "mod-flows", "dk", f"table=0,ip,in_port={circuit.port},actions=drop")
    found = {(each["node"], each["kind"]): each for each in live(1)["differences"]}
    assert len(found) == 3
    assert found["dk", "surplus"]["entry"] == "VRF b: 10.9.0.0/16"
    assert found["dk", "surplus"]["found"] == "drop"
    assert found["dk", "changed"]["entry"] == "a/aarhus: IPv4"
    assert (found["dk", "changed"]["found"], found["dk", "changed"]["wanted"]) == (
        "drop",
        "into VRF a",
    )
    said = mplsemu("check", "--live", "--lab", "nordic").stdout
    assert f"p1 LFIB: label {int(label.label)} is missing, should be: pop, out on" in said


@pytest.mark.dataplane("ebpf")
def test_an_entry_that_somebody_removes_changes_or_adds_is_named_and_mended(lab):
    dk, p1 = (lab.program().node(name) for name in ("dk", "p1"))
    label = next(entry for entry in p1.ilm if entry.egress == "no")
    circuit = next(each for each in dk.circuits if each.vpn == "a")
    a, b = (dk.vrf_by_name[vpn].index for vpn in "ab")
    attached = load_attached((lab.session.directory.path / ATTACHED_FILE).read_text())
    ifindex = attached.ports["dk"][circuit.port]

    with open_map(attached.maps["lfib"]) as lfib:
        assert lfib.delete(IlmKey(p1.index, int(label.label)).pack())
    way = f"pop, out on link {label.action.nhlfes[0].link}"
    missing = {
        "node": "p1",
        "table": "lfib",
        "entry": f"label {int(label.label)}",
        "kind": "missing",
        "found": None,
        "wanted": way,
    }
    assert live(1)["differences"] == [missing]

    stray = FibKey(dk.index, b, ip_network("10.9.0.0/16")).pack()
    with open_map(attached.maps["fib4"]) as fib, open_map(attached.maps["ports"]) as ports:
        fib.set(stray, RouteRecord(RouteKind.BLACKHOLE).pack())
        ports.set(word(ifindex), Port(dk.index, circuit.port, Role.VRF, b).pack())
    with open_map(attached.maps["settings"]) as settings:
        usual = Settings.unpack(settings.get(SETTINGS_KEY))
        settings.set(SETTINGS_KEY, replace(usual, uniform_ttl=not usual.uniform_ttl).pack())
    said = mplsemu("check", "--live", "--lab", "nordic").stdout
    number = circuit.port
    for line in (
        f"p1 lfib: label {int(label.label)} is missing, should be: {way}",
        "dk fib4: VRF b: 10.9.0.0/16 should not be there, is: drop",
        f"dk ports: a/aarhus is: port {number}, VRF b; should be: port {number}, VRF a",
        "settings: all LSRs is: TTL model uniform, gateways have",
        "4 differences",
    ):
        assert line in " ".join(said.split()), said
    assert a != b
    restart_controller(lab)


@pytest.mark.dataplane("ebpf")
def test_what_a_vpls_learned_is_counted_and_no_difference(lab):
    assert lab.reaches("c/odense/h1", "c/malmo/h1")
    learned = lab.session.controller.call("macs")
    assert len(learned) > 1
    status = lab.session.controller.call("status")
    installed = sum(lsr["flows"] for lsr in status["switches"].values())
    found = live(0)
    assert found["differences"] == []
    assert found["counts"]["flows"] > installed + len(learned)


# the verdict and the real network ----------------------------------------------------------------

LABS = 20


def random_lab(seed):
    """Make a small lab of any shape, and say which links to cut."""
    chance = random.Random(seed)
    count = chance.randint(3, 4)
    nodes = [f"n{number}" for number in range(count)]
    links = [f"{chance.choice(nodes[:at])}-{nodes[at]}" for at in range(1, count)]
    if chance.random() < 0.5:
        links.append("-".join(chance.sample(nodes, 2)))
    pe = lambda: chance.choice(nodes)  # noqa: E731
    sites = chance.randint(2, 3)
    lines = [f"name: random{seed}", "provider:"]
    lines.append(f"  ttl: {chance.choice(['pipe', 'uniform'])}")
    lines.append(f"  php: {chance.choice(['implicit-null', 'explicit-null'])}")
    lines.append("  nodes: {" + ", ".join(f"{node}: {{role: pe}}" for node in nodes) + "}")
    lines.append("  links: [" + ", ".join(links) + "]")
    lines.append("vpns:")
    for name in "ab":  # the same addresses in both
        lines.append(f"  {name}:\n    type: l3vpn\n    sites:")
        for number in range(sites):
            ce = ", ce: router" if chance.random() < 0.2 else ""
            lines.append(f"      s{number}: {{pe: {pe()}, subnet: 10.0.{number}.0/24{ce}}}")
    lines.append(
        f"  c: {{type: vpls, subnet: 10.9.0.0/24, sites: {{x: {{pe: {pe()}}}, y: {{pe: {pe()}}}}}}}"
    )
    text = "\n".join(lines) + "\n"
    names = [link.name for link in loads(text, "random.yaml").network.provider.links]
    return text, frozenset(chance.sample(names, chance.randint(1, 2)))


def site_of(ref):
    return f"{ref.vpn}/{ref.site}"


def refuted_pairs(network, down):
    """Return the ordered pairs of sites that the verdict says do not reach each other."""
    verdict = verify(compile_program(network, down), network)
    return {
        (source, target)
        for violation in verdict.violations
        for source in violation.sources
        for target in violation.targets
    }


def test_the_verdict_on_random_labs_is_what_their_real_networks_do(tmp_path, dataplane):
    seeds = range(PLANES.index(dataplane), LABS, len(PLANES))  # each lab on one data plane
    with ThreadPoolExecutor(2) as pool:  # half of the time a lab only waits
        tried = list(pool.map(lambda seed: try_lab(seed, tmp_path), seeds))
    for seed, (lost, dead, leaks) in zip(seeds, tried, strict=True):
        assert lost == dead, random_lab(seed)
        assert leaks == [], random_lab(seed)
    with_dead = sum(bool(dead) for _, dead, _ in tried)
    assert len(seeds) / 4 < with_dead < len(seeds), "the labs are all alike"


def try_lab(seed, directory):
    """Boot a lab and cut its links; return what is lost, what should be, and what leaks."""
    text, down = random_lab(seed)
    file = directory / f"random{seed}.yaml"
    file.write_text(text)
    with Lab(file) as lab:
        for link in down:
            lab.session.set_link(link, up=False)
        network = lab.network
        lost, leaks = real_network(lab, expectations(network))
    return lost, refuted_pairs(network, down), leaks


def real_network(lab, pairs):
    """Return the pairs of sites between which packets are lost, and packets that came elsewhere."""
    wanted = [each for each in pairs if each.expect is Expect.REACH]
    with Prober(endpoints(lab.session.record)) as prober:
        results = prober.run([Probe(str(each.source), each.address, None) for each in pairs])
    seen = dict(zip(pairs, results, strict=True))
    lost = {
        (site_of(each.source), site_of(each.target))
        for each in wanted
        if seen[each].delivered_to != {str(each.target)}
    }
    leaks = [
        f"{each.source} -> {each.address}: {seen[each].delivered_to}"
        for each in pairs
        if seen[each].delivered_to - {str(each.answered_by)}
    ]
    return lost, leaks
