"""Output of commands to files."""

import pytest

from mplsemu.cli.output import write_files
from mplsemu.errors import EmulationError


def test_files_go_to_a_directory_that_is_made_for_them(tmp_path):
    write_files(tmp_path / "a" / "b", {"one": "1", "two": "2"})
    assert (tmp_path / "a" / "b" / "two").read_text() == "2"


def test_where_a_profile_cannot_be_written_it_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EmulationError, match=r"cannot write .*file/x: Not a directory"):
        write_files(tmp_path / "file" / "x", {})
