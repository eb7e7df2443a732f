"""Labs that come with mplsemu, other names for labs, and checks in files of their own."""

from pathlib import Path

import pytest

from mplsemu.errors import LabError
from mplsemu.lab.lab_name import with_lab_name
from mplsemu.lab.loader import load, load_checks, loads, read
from mplsemu.lab.shipped import lab_path, shipped_labs
from tests.places import TOPOLOGIES


def test_every_lab_of_topologies_comes_with_the_package_under_its_own_name():
    names = {path.stem for path in TOPOLOGIES.glob("*.yaml")}
    assert shipped_labs().keys() == names
    for name in names:
        assert load(name).network.name == name


def test_a_file_goes_before_a_lab_that_comes_with_mplsemu(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert lab_path("nordic") == shipped_labs()["nordic"]
    Path("nordic").write_text("name: mine\nprovider: {nodes: {a:}}\n")
    assert lab_path("nordic") == Path("nordic")
    assert load("nordic").network.name == "mine"


def test_a_name_that_is_nearly_one_is_answered_with_it():
    with pytest.raises(LabError, match="nordik: no such file; did you mean 'nordic'"):
        load("nordik")
    with pytest.raises(LabError, match=r"qqq: no such file; name a lab file, or a lab .*attmpls"):
        load("qqq")


RENAMED = {
    "a line": ("name: x\nprovider: {}\n", 'name: "y"\nprovider: {}\n'),
    "in quotes": ("b: 1\nname: 'ä x'  # c\n", 'b: 1\nname: "y"  # c\n'),
    "in flow style": ("{p: {name: z}, q:, name: x}", '{p: {name: z}, q:, name: "y"}'),
    "below lists": (
        "a: [name, x]\nb:\n  - name: x\nname: x",
        'a: [name, x]\nb:\n  - name: x\nname: "y"',
    ),
    "a value that is called so": ("a: name\nname: x\n", 'a: name\nname: "y"\n'),
    "a BOM less": ("# ö\nname:\n  x\n", '# ö\nname:\n  "y"\n'),
}


@pytest.mark.parametrize("case", RENAMED)
def test_another_name_changes_nothing_else(case):
    before, after = RENAMED[case]
    assert with_lab_name(before, "f.yaml", "y") == after


@pytest.mark.parametrize("name", [*shipped_labs()])
def test_a_lab_by_another_name_is_the_same_lab(name):
    text = read(name, "other-1.5")
    assert text.load().network.name == "other-1.5"
    again = loads(with_lab_name(text.text, "f", name), "f").network
    assert again == load(name).network


@pytest.mark.parametrize("name", ["a/b", "", "x" * 41, 'x"', ".."])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(LabError, match="is not a lab's name; write letters"):
        read("nordic", name)


def test_what_is_wrong_in_a_file_is_said_of_the_file_as_it_stands(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("provider: {nodes: {a:}}\n")
    with pytest.raises(LabError, match=r"x.yaml:1: the lab has no 'name'"):
        read(path, "y")


# --- checks in a file of their own ---------------------------------------------------------


def checks(tmp_path, text):
    path = tmp_path / "checks.yaml"
    path.write_text(text)
    return load_checks(path, load("nordic").network)


def test_checks_are_those_of_a_lab_file(tmp_path):
    lines = TOPOLOGIES.joinpath("nordic.yaml").read_text().split("validate:\n")[1]
    assert checks(tmp_path, f"validate:\n{lines}") == load("nordic").network.validate


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "checks.yaml: the file is empty; write validate: and a list of checks"),
        ("- a\n", "checks.yaml:1: the file holds a list; write validate:"),
        ("valdate: []\n", "checks.yaml:1: the file of checks: unknown key 'valdate'; did you mean"),
        ("a: 1\nvalidate: []\n", "checks.yaml:1: unknown key 'a'; known keys: validate"),
        ("validate: {}\n", "checks.yaml:1: validate: a mapping where a list is due"),
        ("\nvalidate: [{ping: [x, y]}]\n", "checks.yaml:2: check 1: there is no host 'x'"),
        ("validate: [\n", "not YAML"),
    ],
)
def test_a_file_of_checks_that_is_wrong_says_where(tmp_path, text, words):
    with pytest.raises(LabError) as caught:
        checks(tmp_path, text)
    assert words in str(caught.value)
    assert caught.value.remedy
