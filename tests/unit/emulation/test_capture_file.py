"""Capture files: how much of what was captured is in them."""

import errno
import os

import pytest

from mplsemu.emulation import capture
from mplsemu.emulation.capture import CaptureFile
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.taps import CapturedFrame, TapPoint


def test_frames_that_a_full_disk_took_are_counted_one_by_one(tmp_path, monkeypatch):
    point = TapPoint("dk-se", Interface(1, "eth0"), "dk", "se")
    frames = [CapturedFrame(point, n, False, bytes(100)) for n in range(5)]

    def write(descriptor, data):
        os.write(descriptor, data[:400])  # two frames and a part of the third
        raise OSError(errno.ENOSPC, "No space left on device")

    with (tmp_path / "x").open("wb", buffering=0) as file:
        kept = CaptureFile(file, [point], "lab")
        kept.take(frames[:1])
        monkeypatch.setattr(capture, "write", write)
        with pytest.raises(OSError, match="No space left"):
            kept.take(frames[1:])

    assert kept.frames == 3
