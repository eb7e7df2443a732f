"""/etc/hosts of a lab's nodes."""

from mplsemu.control.compile import compile_program
from mplsemu.emulation.etc_hosts import lsr_hosts_file, write_hosts_files
from mplsemu.emulation.plan import make_plan
from mplsemu.lab.loader import loads


def written(directory, text):
    """Return who has which file."""
    network = loads(text, "lab.yaml").network
    return write_hosts_files(directory, make_plan(network, compile_program(network)))


def names(file):
    """Return what a file says, without the local names."""
    lines = [line.split() for line in file.read_text().splitlines()]
    return {name: words[0] for words in lines for name in words[1:] if words[0][:2] != "12"}


def lab(sites, subnet=""):
    return (
        "name: t\nprovider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}\n"
        f"vpns: {{a: {{type: {'vpls' if subnet else 'l3vpn'}, {subnet} sites: {{{sites}}}}}}}"
    )


def test_a_name_without_its_site_is_that_of_ones_own_site(tmp_path):
    files = written(
        tmp_path / "h",
        lab("x: {pe: dk, subnet: 10.1.0.0/24, hosts: 2}, y: {pe: se, subnet: 10.2.0.0/24}"),
    )
    at_x, at_y = names(files["a-x-h1"]), names(files["a-y-h1"])
    assert (at_x["h1"], at_x["h2"], at_x["y-h1"]) == ("10.1.0.2", "10.1.0.3", "10.2.0.2")
    assert (at_y["h1"], at_y["a/x/h2"], "h2" in at_y) == ("10.2.0.2", "10.1.0.3", False)


def test_a_name_that_two_could_have_none_has(tmp_path):
    """Site b of one and site b-c of the other: b-c-h1 would be either."""
    text = (
        "name: t\nprovider: {nodes: {dk: {role: pe}}}\n"
        "vpns:\n"
        "  a: {type: l3vpn, sites: {b: {pe: dk, subnet: 10.1.0.0/24},"
        " a-b: {pe: dk, subnet: 10.2.0.0/24}}}\n"
    )
    known = names(written(tmp_path / "h", text)["a-b-h1"])
    assert "a-b-h1" not in known
    assert (known["a/b/h1"], known["a/a-b/h1"], known["b-h1"]) == (
        "10.1.0.2", "10.2.0.2", "10.1.0.2",
    )  # fmt: skip


def test_lsrs_know_nobody(tmp_path):
    files = written(tmp_path / "h", lab("x: {pe: dk, subnet: 10.1.0.0/24}"))
    assert files["dk"] == lsr_hosts_file(tmp_path / "h")
    assert set(names(files["dk"])) == {"localhost", "ip6-localhost", "ip6-loopback"}


def test_a_vpn_with_very_many_sites_has_one_file(tmp_path):
    sites = ", ".join(f"s{number}: {{pe: dk}}" for number in range(300))
    files = written(tmp_path / "h", lab(sites, "subnet: 10.0.0.0/16,"))
    assert files["a-s1-h1"] == files["a-s299-h1"]
    known = names(files["a-s1-h1"])
    assert "s299-h1" in known
    assert "h1" not in known
