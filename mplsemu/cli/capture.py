"""``mplsemu capture [LINK|NODE ...]``: packets of a running lab, as text or as pcapng."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import mplsemu
from mplsemu.cli.capture_loop import CaptureLoop
from mplsemu.cli.exec import add_lab_option
from mplsemu.emulation.interrupts import write

if TYPE_CHECKING:
    from mplsemu.emulation.dissect import Stack
    from mplsemu.emulation.taps import CapturedFrame, Taps
    from mplsemu.running.captures import FrameReader
    from mplsemu.running.session import Session

_PIPE: Final = Path("-")
_MAX_COUNTS: Final = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Shows packets with their label stacks until Ctrl-C, or writes them to one "
        "pcapng file or pipe, each with the interface's name and what its labels mean."
    )
    parser.epilog = "Live in Wireshark: mplsemu capture dk-p1 -w - | wireshark -k -i -"
    add_lab_option(parser)
    parser.add_argument(
        "targets",
        metavar="LINK|NODE",
        nargs="*",
        help="dk-p1, a/aarhus (a site's line), an LSR (all its cables) or a host; "
        "several at once; without any: every core link",
    )
    parser.add_argument(
        "-w", "--write", metavar="FILE", type=Path, help="a pcapng file; - is standard output"
    )
    parser.add_argument("-c", "--count", metavar="N", type=int, help="end after so many packets")
    parser.add_argument(
        "--duration", "--seconds", metavar="S", type=float, help="end after so many seconds"
    )
    parser.add_argument(
        "--decode",
        action="store_true",
        help="what each label means, LSP or VPN, instead of its number",
    )
    parser.add_argument(
        "--filter",
        metavar="EXPRESSION",
        default="",
        help="as tcpdump takes it; behind labels it reads 'mpls and (icmp or (mpls and icmp))'",
    )
    _add_wireshark(parser)


def _add_wireshark(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--decode-as",
        action="store_true",
        help="capture nothing: print what tells Wireshark and tshark which labels have frames of "
        "a VPLS below them, as options",
    )
    parser.add_argument(
        "--profile",
        metavar="DIR",
        type=Path,
        help="capture nothing: write the same into DIR as a profile, with columns for cables and "
        "labels; then WIRESHARK_CONFIG_DIR=DIR wireshark ...",
    )


def run(args: argparse.Namespace) -> int:
    """Capture until the count, the time or the user ends it."""
    from mplsemu.emulation.taps import Taps
    from mplsemu.running.captures import FrameReader, tap_points
    from mplsemu.running.session import Session

    session = Session.find(args.lab)
    if args.decode_as or args.profile is not None:
        return _tell_wireshark(session, args)
    points = tap_points(session, args.targets)
    _check(args)
    reader = FrameReader(session.program)
    to_stdout = args.write in {None, _PIPE}
    with (
        Taps(points, args.filter) as taps,
        CaptureLoop(
            taps, session.record.pid, args.count, args.duration, to_stdout=to_stdout
        ) as loop,
    ):
        names = ", ".join(point.name for point in points) or "nothing: there are no core links"
        _say(f"capturing on {names}; Ctrl-C ends it")
        _note_labels(args.filter, [point.name for point in points if point.far_end])
        try:
            if args.write is None:
                why = loop.run(_Printer(reader, decode=args.decode, named=len(points) > 1))
            else:
                why = _write(args, session, taps, reader, loop)
        except BrokenPipeError:
            _summarize(args, loop.counter, taps, "the reader has closed the pipe")
            raise
        _summarize(args, loop.counter, taps, why)
    _note_frames(args, reader)
    return 0


def _tell_wireshark(session: Session, args: argparse.Namespace) -> int:
    """Print or write what Wireshark must be told about this lab's labels."""
    from mplsemu.cli.output import write_files
    from mplsemu.export.wireshark import ambiguous, note, options, profile
    from mplsemu.program.stack_reading import carried_by_label

    below = carried_by_label(session.program())
    if args.decode_as:
        print(" ".join(options(below)))
    if args.profile is not None:
        write_files(args.profile, profile(below))
        _say(f"{args.profile}: type WIRESHARK_CONFIG_DIR={args.profile} wireshark FILE")
    if ambiguous(below):
        _say(f"note: {note({label: below[label] for label in ambiguous(below)})}")
    return 0


def _check(args: argparse.Namespace) -> None:
    from mplsemu.errors import LabError

    if args.count is not None and args.count < 1:
        raise LabError(f"cannot end after {args.count} packets", remedy="write a count from 1 on")
    if args.duration is not None and not args.duration > 0:
        raise LabError(f"cannot capture for {args.duration:g} s", remedy="write more than 0")
    if args.write is None:
        return
    if args.write == _PIPE:
        if sys.stdout.isatty():
            remedy = "pipe it into a program: mplsemu capture ... -w - | wireshark -k -i -"
            raise LabError("a terminal cannot show pcapng", remedy=remedy)
    elif not args.write.absolute().parent.is_dir():
        raise LabError(f"cannot write {args.write}", remedy="its directory does not exist")


# --- where frames go -----------------------------------------------------------------------


def _write(
    args: argparse.Namespace, session: Session, taps: Taps, reader: FrameReader, loop: CaptureLoop
) -> str:
    """Write frames to a file or pipe; return what ended it, if the user must be told."""
    from mplsemu.emulation.capture import CaptureFile
    from mplsemu.errors import EmulationError

    written = None
    try:
        with _opened(args.write) as file:
            written = CaptureFile(
                file,
                taps.points,
                session.record.name,
                args.filter,
                reader.comment,
                f"mplsemu {mplsemu.__version__}",
            )
            why = loop.run(written.take)
            written.close(taps.lost())
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "standard output" if args.write == _PIPE else args.write
        frames = written.frames if written is not None else 0
        there = f"; the first {frames} packets are in it" if frames else ""
        raise EmulationError(f"cannot write {name}: {error.strerror}{there}") from None
    return why


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    if path == _PIPE:
        return nullcontext(sys.stdout.buffer)
    return path.open("wb", buffering=0)


class _Printer:
    """Prints a line for each frame."""

    def __init__(self, reader: FrameReader, *, decode: bool, named: bool) -> None:
        self._reader = reader
        self._decode = decode
        self._named = named

    def __call__(self, frames: list[CapturedFrame]) -> None:
        _put("\n".join((*map(self._line, frames), "")))

    def _line(self, tapped: CapturedFrame) -> str:
        frame = self._reader.read(tapped)
        seconds, rest = divmod(tapped.time_ns, 1_000_000_000)
        at = f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest // 1000:06}"
        where = f"{tapped.point.name}: " if self._named else ""
        names = self._reader.meaning(tapped).names if self._decode else _numbers(frame.stack)
        stack = f"[{' | '.join(names)}] " if names else ""
        return f"{at} {where}{tapped.sender} > {tapped.receiver}  {stack}{frame}"


def _put(text: str) -> None:
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # standard output is replaced, as in a test
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    write(descriptor, text.encode(sys.stdout.encoding, sys.stdout.errors or "strict"))


def _numbers(stack: Stack) -> tuple[str, ...]:
    return tuple(f"{int(entry.label)} tc {entry.tc} ttl {entry.ttl}" for entry in stack)


# --- messages -----------------------------------------------------------------------


def _summarize(args: argparse.Namespace, counter: Counter[str], taps: Taps, why: str) -> None:
    total, lost = counter.total(), sum(taps.lost().values())
    text = f"{total} packet{'' if total == 1 else 's'}"
    if len(counter) > 1:
        counts = [f"{count} on {name}" for name, count in counter.most_common(_MAX_COUNTS)]
        more = len(counter) - _MAX_COUNTS
        text += f": {', '.join(counts)}" + (f" and the rest on {more} more" if more > 0 else "")
    if args.write is not None and args.write != _PIPE:
        with suppress(OSError):
            text = f"{args.write}: {text}, {args.write.stat().st_size:,} bytes"
    if lost:
        text += f"; {lost} more came too fast"
    _say(f"{why}; {text}" if why else text)


def _note_labels(expression: str, core: Sequence[str]) -> None:
    """Tell how the filter must read on core links, if it does not look behind labels."""
    from mplsemu.emulation.filters import behind_labels, sees_labels

    if core and not sees_labels(expression):
        wanted = behind_labels(expression)
        remedy = f"; write --filter {wanted!r}" if wanted else ""
        _say(
            f"note: packets on {core[0]} have labels, and {expression!r} does not look behind "
            f"them{remedy} (a VPLS has whole frames there, which no filter reads)"
        )


def _note_frames(args: argparse.Namespace, reader: FrameReader) -> None:
    """Tell how to decode frames of a VPLS in a file, if there are any."""
    from mplsemu.export.wireshark import note

    if args.write is not None and (hint := note(reader.seen)):
        _say(f"note: {hint}")


def _say(text: Any) -> None:
    with suppress(BrokenPipeError):
        print(text, file=sys.stderr, flush=True)
