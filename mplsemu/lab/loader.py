"""Reads a lab file into the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from mplsemu.errors import LabError, LabSyntaxError, Location
from mplsemu.lab.bounded_read import read_file
from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.lab.document import MAX_BYTES, parse, too_large
from mplsemu.lab.host_notes import host_notes
from mplsemu.lab.lab_name import check_lab_name, with_lab_name
from mplsemu.lab.mtus import mtu_notes, refuse_mtus
from mplsemu.lab.one_way_imports import one_way_notes
from mplsemu.lab.providers import build_providers
from mplsemu.lab.schema import ChecksFile, LabFile
from mplsemu.lab.schema_error import CHECKS, schema_error
from mplsemu.lab.shipped import lab_path, shipped_labs
from mplsemu.lab.validation import build_checks
from mplsemu.lab.vpls_topology import topology_notes
from mplsemu.lab.vpns import build_vpns
from mplsemu.model.l3vpn import L3vpn, RouteTarget
from mplsemu.model.network import Network, Validation, Vpn
from mplsemu.model.numbers import NO_NUMBERS, Numbering, Numbers
from mplsemu.suggest import nearest


@dataclass(frozen=True, slots=True)
class LoadedLab:
    """A lab file as read.

    Attributes:
        network: what it describes.
        notes: warnings: what is allowed but may not be intended.
        dataplane: what the LSRs are to be made of.
        numbers: of which automatic addresses, route distinguishers and route targets are made.
    """

    network: Network
    notes: tuple[str, ...] = ()
    dataplane: DataPlaneChoice = DataPlaneChoice.AUTO
    numbers: Numbers = NO_NUMBERS


def load(path: str | Path, before: Numbers = NO_NUMBERS) -> LoadedLab:
    """Read a lab file.

    Args:
        path: of the file, or the name of a lab that comes with mplsemu.
        before: the lab's numbers before the file was changed: what stays keeps its own.

    Raises:
        LabError: it cannot be read, or something in it is wrong.
    """
    return read(path).load(before)


@dataclass(frozen=True, slots=True)
class LabText:
    """Text of a lab file as read, even if the file changes later.

    Attributes:
        file: its name, as messages say it.
        text: of it.
    """

    file: str
    text: str

    def load(self, before: Numbers = NO_NUMBERS) -> LoadedLab:
        """Return the lab; see `loads`.

        Raises:
            LabError: something in it is wrong.
        """
        return loads(self.text, self.file, before)


def read(path: str | Path, name: str | None = None) -> LabText:
    """Return a lab file's text.

    Args:
        path: of a file, or the name of a lab that comes with mplsemu.
        name: that the lab gets instead of the one in the file.

    Raises:
        LabError: it cannot be read, or a lab may not have that name.
    """
    if not str(path):  # pathlib takes it for the working directory
        raise LabError("no lab file", remedy=f"name one, or {_which()}")
    found = lab_path(path)
    text = _read(found, str(found))
    if name is not None:
        check_lab_name(name)
        loads(text, str(found))  # what is wrong in it is said of the file as it stands
        text = with_lab_name(text, str(found), name)
    return LabText(str(found), text)


def load_checks(path: str | Path, network: Network) -> tuple[Validation, ...]:
    """Read the checks in a file of their own: a mapping with ``validate`` and nothing else.

    Args:
        path: of the file.
        network: the lab that they are about.

    Raises:
        LabError: it cannot be read, or something in it is wrong.
    """
    if not Path(path).exists():
        remedy = "name a file with validate: and a list of checks"
        raise LabError("no such file", location=Location(str(path)), remedy=remedy)
    text = _read(Path(path), str(path))
    document = parse(text, str(path), CHECKS, "write validate: and a list of checks")
    try:
        raw = ChecksFile.model_validate(document.value)
    except ValidationError as error:
        raise schema_error(document, error) from None
    return build_checks(document, raw.validate_, network)


def _which() -> str:
    return f"a lab that comes with mplsemu: {', '.join(shipped_labs())}"


def loads(text: str, file_name: str, before: Numbers = NO_NUMBERS) -> LoadedLab:
    """Read a lab file's text.

    Args:
        text: of the file.
        file_name: for messages.
        before: the lab's numbers before the file was changed: what stays keeps its own.

    Raises:
        LabError: something in it is wrong.
    """
    document = parse(text, file_name)
    try:
        raw = LabFile.model_validate(document.value)
    except ValidationError as error:
        raise schema_error(document, error) from None
    numbering = Numbering(before)
    provider = build_providers(document, raw, numbering)
    vpns = build_vpns(document, raw.vpns, provider, numbering, raw.borders)
    network = Network(raw.name, provider, vpns)
    refuse_mtus(document, raw, network)
    network = replace(network, validate=build_checks(document, raw.validate_, network))
    return LoadedLab(network, tuple(_notes(network)), raw.dataplane, numbering.numbers())


def _read(path: Path, name: str) -> str:
    try:
        content = read_file(path, MAX_BYTES)
        if len(content) > MAX_BYTES:
            raise too_large(name, max(path.stat().st_size, len(content)))
    except FileNotFoundError:
        guess = nearest(name, shipped_labs())
        remedy = f"did you mean {guess!r}?" if guess else f"name a lab file, or {_which()}"
        raise LabError("no such file", location=Location(name), remedy=remedy) from None
    except IsADirectoryError:
        remedy = "name a lab file in it"
        raise LabError("this is a directory", location=Location(name), remedy=remedy) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = f"cannot be read: {reason}"
        remedy = "name a lab file that you may read"
        raise LabError(problem, location=Location(name), remedy=remedy) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LabSyntaxError(
            f"byte 0x{content[error.start]:02x} is not UTF-8 text",
            location=Location(name, line),
            remedy="save the file as UTF-8",
        ) from error


def _notes(network: Network) -> Iterator[str]:
    if not network.vpns:
        yield "there are no VPNs: the provider's network carries nothing"
    for vpn in network.vpns:
        if len(vpn.sites) == 1 and not _is_joined(vpn, network.vpns):
            yield f"vpn {vpn.name} has one site only, {vpn.sites[0].name}"
    routed = [vpn for vpn in network.vpns if isinstance(vpn, L3vpn)]
    exported = {
        target for vpn in routed for policy in vpn.policies for target in policy.export_targets
    }
    for vpn in routed:
        if vpn.hub_and_spoke is not None and len(vpn.hub_and_spoke.hubs) == len(vpn.sites) > 1:
            yield (
                f"vpn {vpn.name} has no spoke: all its sites are hubs, which reach each other as "
                "in a mesh"
            )
        yield from _target_notes(vpn, exported)
        yield from _family_notes(vpn)
    yield from one_way_notes(routed)
    yield from mtu_notes(network.vpns)
    yield from _host_notes(network.vpns)
    yield from topology_notes(network.vpns)
    yield from host_notes(network)


def _is_joined(vpn: Vpn, vpns: Iterable[Vpn]) -> bool:
    """Whether a VPN imports from or exports to another: a hub, or part of an extranet."""
    return isinstance(vpn, L3vpn) and any(
        one.import_targets & each.export_targets or each.import_targets & one.export_targets
        for other in vpns
        if isinstance(other, L3vpn) and other is not vpn
        for each in other.policies
        for one in vpn.policies
    )


def _target_notes(vpn: L3vpn, exported: set[RouteTarget]) -> Iterator[str]:
    for policy in vpn.policies:
        several = len({line.pe for site in vpn.attached(policy) for line in site.lines}) > 1
        if several and not policy.imports(policy):
            yield (
                f"{policy.owner} imports none of the route targets it exports: "
                "its sites at different PEs do not reach each other"
            )
        for target in sorted(policy.import_targets - exported):
            yield f"{policy.owner} imports route target {target}, which no VPN exports"


def _family_notes(vpn: L3vpn) -> Iterator[str]:
    versions = [{subnet.version for subnet in site.subnets} for site in vpn.sites]
    if versions and not set.intersection(*versions):
        yield f"vpn {vpn.name}: no address family, IPv4 or IPv6, is at all its sites"


def _host_notes(vpns: Iterable[Vpn]) -> Iterator[str]:
    for vpn in vpns:
        if not any(site.end_hosts for site in vpn.sites):
            yield f"vpn {vpn.name} has no hosts: nothing can be checked in it"
