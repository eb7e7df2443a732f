"""Architecture decision records (docs/adr)."""

import re
from collections import Counter

from tests.places import DOCS, ROOT

RECORDS = sorted((DOCS / "adr").glob("*.md"))


def test_each_has_a_number_of_its_own_and_says_it():
    numbers = [int(record.name[:4]) for record in RECORDS]
    assert [number for number, times in Counter(numbers).items() if times > 1] == []
    assert numbers == list(range(1, len(RECORDS) + 1))
    for number, record in zip(numbers, RECORDS, strict=True):
        assert record.read_text(encoding="utf-8").startswith(f"# {number}. ")


def test_what_names_one_names_one_that_is_there():
    names = {record.name for record in RECORDS}
    numbers = {int(name[:4]) for name in names}
    for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "mplsemu").rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"adr/(\d{4}-[\w.-]+\.md)", text)) <= names, path
        assert {int(number) for number in re.findall(r"\bADR (\d+)", text)} <= numbers, path
