import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import LabError, LabSyntaxError
from mplsemu.lab.document import MAX_BYTES, MAX_VALUES, parse
from mplsemu.lab.loader import load, loads

# what YAML 1.1, or 1.2, reads as something else than the text that stands there
WORDS = ["no", "on", "yes", "64512:1", "1_000", "1e3", "0x10", "010", "1.0", "true", "2024-01-01"]


@pytest.mark.parametrize("word", WORDS)
def test_a_plain_scalar_is_the_text_that_stands_in_the_file(word):
    document = parse(f"{word}: {word}\nlist: [{word}]\n", "lab.yaml")
    assert document.value == {word: word, "list": [word]}


@pytest.mark.parametrize("null", ["", "~", "null", "Null", "NULL"])
def test_null_is_the_only_plain_scalar_that_is_not_text(null):
    assert parse(f"a: {null}\n", "lab.yaml").value == {"a": None}


def test_a_quoted_null_is_text():
    assert parse("a: 'null'\nb: \"\"\n", "lab.yaml").value == {"a": "null", "b": ""}


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"])))
def test_any_quoted_printable_text_survives(text):
    quoted = text.replace("'", "''")
    assert parse(f"a: '{quoted}'", "lab.yaml").value == {"a": text}


def test_every_value_knows_its_line():
    document = parse("a:\n  b:\n    - x\n    - {c: 1,\n       d: 2}\ne: >\n  folded\n", "f.yaml")
    wanted = {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "b", 0): 3,
        ("a", "b", 1): 4,
        ("a", "b", 1, "c"): 4,
        ("a", "b", 1, "d"): 5,
        ("e",): 6,
    }
    assert {path: document.location(path).line for path in wanted} == wanted


def test_what_an_alias_brings_stands_where_the_alias_does():
    document = parse("a: &x\n  b: 1\nc: *x\n", "f.yaml")
    assert document.value == {"a": {"b": "1"}, "c": {"b": "1"}}
    assert str(document.location(("c", "b"))) == "f.yaml:3"


FLOW = {  # YAML 1.2 section 7.3.3; libyaml, or any reader of YAML 1.1, refuses them
    "{p:}": {"p": None},
    "{p:, q: 1}": {"p": None, "q": "1"},
    "{a: {b:}, c:}": {"a": {"b": None}, "c": None},
    "{a: [::/0]}": {"a": ["::/0"]},
    "{a: [10.0.0.0/8, ::/0, 2001:db8::/32]}": {"a": ["10.0.0.0/8", "::/0", "2001:db8::/32"]},
    "{x: ::1, y: ::/0}": {"x": "::1", "y": "::/0"},
    '{"a":1, "b": [::1],\tc:}': {"a": "1", "b": ["::1"], "c": None},
    "{a: [::1],b:[x]}": {"a": ["::1"], "b": ["x"]},
    "{a: http://x/y, b:}": {"a": "http://x/y", "b": None},
}


@pytest.mark.parametrize("text", FLOW)
def test_a_colon_in_a_flow_collection_is_read_by_yaml_1_2(text):
    assert parse(text, "lab.yaml").value == FLOW[text]


def test_a_file_that_only_yaml_1_2_reads_has_its_lines_and_errors_where_they_are():
    document = parse("a: [\n  ::/0,\n  ::1]\nb:\t{p:}\nc: 1\n", "f.yaml")
    assert document.location(("a", 1)).line == 3
    assert document.location(("c",)).line == 5
    with pytest.raises(LabSyntaxError, match=r"f.yaml:3: key 'b' stands here and at line 2"):
        parse("a: {p:}\nb: 1\nb: 2\n", "f.yaml")
    with pytest.raises(LabSyntaxError, match=r"f.yaml:4: not YAML: .*'}', but got"):
        parse("a: {p:}\nb: 1\nc: {d: [::1]\ne: 1\n", "f.yaml")
    with pytest.raises(LabSyntaxError, match=r"f.yaml:1: not YAML"):
        parse("a: {b: ::}\n", "f.yaml")


def test_a_lab_in_flow_style_is_read():
    text = """\
name: yaml12
provider:
  nodes: {pe1: {role: pe}, pe2: {role: pe}, p:}
  links: [pe1-p, p-pe2]
vpns:
  a: {type: l3vpn, sites: {x: {pe: pe1, subnet: [10.0.1.0/24, 2001:db8:1::/64]},
                           y: {pe: pe2, subnet: [10.0.2.0/24, 2001:db8:2::/64]}}}
"""
    assert [node.name for node in loads(text, "f.yaml").network.provider.nodes] == [
        "pe1",
        "pe2",
        "p",
    ]


REFUSED = {
    "an empty file": ("", "lab.yaml: the file is empty; write name:"),
    "comments only": ("# nothing\n", "lab.yaml: the file is empty"),
    "null": ("null\n", "lab.yaml: the file is empty"),
    "a list": ("\n- a\n", "lab.yaml:2: the file holds a list; write name:"),
    "a word": ("hello\n", "lab.yaml:1: the file holds the text 'hello'"),
    "a duplicate key": ("a: 1\nb: 2\na: 3\n", "lab.yaml:3: key 'a' stands here and at line 1"),
    "a duplicate key within": ("a:\n  b:\n  c:\n  b:\n", "lab.yaml:4: key 'b' stands here and at"),
    "a duplicate key in quotes": ("no: 1\n'no': 2\n", "lab.yaml:2: key 'no' stands here"),
    "two documents": ("a: 1\n---\nb: 2\n", "lab.yaml:2: a second YAML document starts here"),
    "a mapping within itself": ("a: &x\n  b: *x\n", "lab.yaml:2: alias *x stands within what it"),
    "a list within itself": ("a: &x [1, [*x]]\n", "lab.yaml:1: alias *x stands within what it"),
    "an alias of nothing": ("a: 1\nb: *x\n", "lab.yaml:2: alias *x has no anchor; write &x before"),
    "an alias as a key": ("a: &x y\n*x : 1\n", "lab.yaml:2: alias *x as a key"),
    "a list as a key": ("a: 1\n? [b]\n: c\n", "lab.yaml:2: a key that is not a plain word"),
    "a tag": ("a: 1\nb: !!python/name:os.system x\n", "lab.yaml:2: YAML tag tag:yaml.org,2002:py"),
    "a tag on a mapping": ("a: !x {}\n", "lab.yaml:1: YAML tag !x; leave the tag out"),
    "a tab": ("a:\n  b: 1\n\tc: 2\n", "indent with spaces, not with tabs"),
    "an open quote": ("a: 1\nb: 'x\nc: 2\n", "quoted scalar that begins at line 2"),
    "an open brace": ("a: {b: 1\nc: 2\n", "lab.yaml:2: not YAML"),
    "a control character": ("a: 1\nb: \x07\n", "lab.yaml:2: a character that YAML does not allow"),
    "deep nesting": ("a: " + "[" * 100_000, "lab.yaml:1: more than 32 levels within each other"),
    "deep mappings": ("{a: " * 50_000, "lab.yaml:1: more than 32 levels within each other"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_one_mapping_is_refused_with_its_line(case):
    text, message = REFUSED[case]
    with pytest.raises(LabSyntaxError) as caught:
        parse(text, "lab.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("lab.yaml")
    assert caught.value.remedy


def test_aliases_that_multiply_are_refused_before_they_do():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    with pytest.raises(LabSyntaxError, match=f"more than {MAX_VALUES:,} values"):
        parse("\n".join(lines), "lab.yaml")


def test_a_file_of_ten_megabytes_is_refused_with_its_size_and_the_limit(tmp_path):
    path = tmp_path / "big.yaml"
    path.write_bytes(b"a: 1\n" * 2_000_000)
    with pytest.raises(LabSyntaxError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: the file has 10,000,000 bytes")
    assert f"may have {MAX_BYTES:,}" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(LabError, match=r"nowhere\.yaml: no such file; name a lab file"):
        load(tmp_path / "nowhere.yaml")


def test_no_name_is_no_file_and_no_directory_either():
    with pytest.raises(LabError, match="no lab file; name one"):
        load("")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(LabError, match="this is a directory; name a lab file in it"):
        load(tmp_path)


def test_a_path_through_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="cannot be read: Not a directory"):
        load(tmp_path / "file" / "lab.yaml")


def test_a_name_with_a_null_byte_is_refused():
    with pytest.raises(LabError, match="cannot be read"):
        load("lab\0.yaml")


def test_a_binary_file_is_refused_with_the_line_of_the_first_odd_byte(tmp_path):
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"a: 1\n\xff\xfe\x00")
    with pytest.raises(LabSyntaxError, match=r"binary.yaml:2: byte 0xff is not UTF-8 text; save"):
        load(path)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "lab.yaml"
    path.write_bytes("name: x\nprovider: {nodes: {a: }}\n".encode("utf-8-sig"))
    assert load(path).network.name == "x"
