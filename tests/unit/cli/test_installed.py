"""What ``check --live`` prints, of either data plane."""

from __future__ import annotations

from mplsemu.cli.installed import draw_installed
from mplsemu.report.installed import installed_object
from mplsemu.running.installed import InstalledComparison
from mplsemu.southbound.difference import Difference, DifferenceKind
from tests.json_document import example, keys

MISSING = Difference(
    "p1", "lfib", "label 17", DifferenceKind.MISSING, None, "pop, out on link no-p1"
)
COMMON = Difference(
    None, "settings", "all LSRs", DifferenceKind.CHANGED, "TTL model pipe", "uniform"
)


def found(dataplane, *differences):
    return InstalledComparison("nordic", dataplane, 3, ("dk-p1",), 5, 1241, differences)


def text(dataplane, *differences):
    lines = draw_installed(found(dataplane, *differences))
    return " ".join(" ".join(line.plain for line in lines).split())


def test_entries_are_called_what_the_data_plane_calls_them():
    assert text("openflow") == (
        "Lab nordic, running ✓ 1,241 flows on 5 LSRs, program 3, dk-p1 down: "
        "all as they should be ✓ holds"
    )
    assert "1,241 entries on 5 LSRs" in text("ebpf")


def test_every_difference_is_a_line_and_what_is_nobodys_names_no_lsr():
    said = text("ebpf", MISSING, COMMON)
    assert "2 differences p1 lfib: label 17 is missing, should be: pop, out on link no-p1" in said
    assert "no-p1 settings: all LSRs is: TTL model pipe; should be: uniform" in said
    assert said.endswith("✗ falls short")


def test_the_json_answer_has_the_fields_of_the_document():
    answer = installed_object(found("ebpf", MISSING, COMMON))
    assert set(keys(answer)) == set(keys(example("check --live")))
    assert (answer["holds"], answer["counts"]) == (False, {"lsrs": 5, "flows": 1241})
    assert [each["node"] for each in answer["differences"]] == ["p1", None]
    assert installed_object(found("ebpf"))["holds"]
