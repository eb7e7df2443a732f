import json
from dataclasses import MISSING, fields

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.lab.loader import load
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.codec import _OPTIONAL, dump_program, load_program
from tests.builders import MacAddresses, network, nordic, provider, vpws
from tests.places import TOPOLOGIES

PROGRAM = compile_program(nordic(), frozenset({"dk-p2", "se-p2"}))
TEXT = dump_program(PROGRAM)


def test_a_program_survives_the_round_trip():
    assert load_program(TEXT) == PROGRAM


@pytest.mark.parametrize("null_label", NullLabel)
@pytest.mark.parametrize("ttl_mode", TtlMode)
def test_every_kind_of_entry_survives_the_round_trip(null_label, ttl_mode):
    settings = {"null_label": null_label, "ttl_mode": ttl_mode}
    wire = vpws("w", {"s": "x", "t": "y"}, macs=MacAddresses())
    for lab in (nordic(**settings), network(provider(("x-y",), **settings), wire)):
        program = compile_program(lab)
        again = load_program(dump_program(program))
        assert again == program
        assert type(again.ttl_mode) is TtlMode


def test_entries_stand_on_lines_of_their_own_and_name_their_kind():
    lines = [line.strip().rstrip(",") for line in TEXT.splitlines()]
    assert (
        '{"label": 16, "action": {"pop-to-vrf": {"vrf": "a", "ip_version": 4}}, "egress": null}'
        in (lines)
    )
    assert any('"operation": {"swap": ' in line and '"egress": "no"' in line for line in lines)
    assert any('"next_hop": {"ce": "a/oslo"}' in line for line in lines)
    assert TEXT.endswith("}\n")


def test_the_address_of_an_error_is_the_one_in_the_file():
    broken = TEXT.replace('"port": 1,', '"port": true,', 1)
    with pytest.raises(
        ProgramError, match=r"True is not of type int @ .*nodes\[0\].adjacencies\[0\].port"
    ):
        load_program(broken)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"version": 3', '"version": 1', "version 1, this reads version 3"),
        ('"mplsemu-program"', '"something"', "not a forwarding program"),
        ('"role": "pe"', '"role": "px"', "'px' is not a valid Role"),
        ('"role": "pe",', "", "role is missing"),
        ('"role": "pe",', '"role": "pe", "rolle": 1,', "rolle"),
        ('"swap": ', '"swap": 99999', "does not fit in 20 bits"),
        ('"swap"', '"swop"', "is not one of push, swap, pop"),
        ('"192.168.1.0/24"', '"192.168.1.0/33"', "192.168.1.0/33"),
        ('"192.168.1.0/24"', "19", "19 is not of type str"),
        ('"rd": "64512:1"', '"rd": "64512"', "'64512' is not ASN:NUMBER"),
        ('"gateways": []', '"gateways": "10.0.0.1"', "is not a list"),
        ('"gateways": []', '"gateways": [3]', "3 is not of type str"),
        ('"delay_ms": 0.0', '"delay_ms": "0"', "'0' is not of type float"),
        ('"up": true', '"up": 1', "1 is not of type bool"),
        ('"delay_ms": 0.0', '"delay_ms": NaN', "NaN is not a number"),
        ('"mac": "02:', '"mac": "x2:', "is not a MAC address such as 02:00:00:00:00:0a"),
        ('"mac": "0a:', '"mac": "0A:', "is not a MAC address such as"),
        ('"peer_mac": "0a:', '"peer_mac": "0a-', "is not a MAC address such as"),
        ('"egress": "dk"', '"egress": null', "an egress goes with an NHLFE"),
        ('{"push": [17]}}', '{"push": [17]}, "backup": 7}', "7 is not an object, as in {...}"),
        ('"adjacencies": [', '"adjacencies": [[], ', "[] is not an object"),
        ('"hosts": [', '"hosts": ["h1", ', "'h1' is not an object"),
        ('"nodes": [', '"nodes": [null, ', "None is not an object"),
    ],
)
def test_what_is_no_program_is_refused_with_a_reason(old, new, complaint):
    assert old in TEXT
    with pytest.raises(ProgramError) as caught:
        load_program(TEXT.replace(old, new))
    assert complaint in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '"x"', "[" * 100_000])
def test_what_is_no_json_object_of_ours_is_refused(text):
    with pytest.raises(ProgramError):
        load_program(text)


def test_a_truncated_file_is_refused_with_the_line_where_it_ends():
    cut = "\n".join(TEXT.splitlines()[:20])
    with pytest.raises(ProgramError, match=r"not whole JSON: line 20, column"):
        load_program(cut)


def objects(value):
    """Yield every JSON object within a value."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from objects(item)


@pytest.mark.parametrize("holder", dict.fromkeys(holder for holder, _ in _OPTIONAL))
def test_what_a_lab_does_not_say_is_not_written(holder):
    """So that a lab without a feature has the program that it had before there was the feature."""
    optional = {name for of, name in _OPTIONAL if of is holder}
    required = {each.name for each in fields(holder) if each.default is MISSING}
    held = [each for each in objects(json.loads(TEXT)) if required <= each.keys()]
    assert [each for each in held if optional & each.keys()] == []


def test_a_metric_back_is_written_only_where_it_is_another():
    links = ("x-p", "p-y")
    one, two = (network(provider(links, metrics_back=back)) for back in ({}, {"p-y": 30}))
    assert '"metric_back"' not in dump_program(compile_program(one))
    program = compile_program(two)
    assert dump_program(program).count('"metric_back": 30') == 1
    assert load_program(dump_program(program)) == program


def test_a_rate_is_written_only_where_a_line_has_one():
    program = compile_program(load(TOPOLOGIES / "nordic.yaml").network)
    text = dump_program(program)
    assert [line for line in text.splitlines() if '"rate_bps"' in line] == [
        line for line in text.splitlines() if '"name": "a/stockholm"' in line
    ]
    assert load_program(text) == program
