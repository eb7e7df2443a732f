"""Label forwarding entries: NHLFE, ILM and FTN (RFC 3031 sections 3.10 to 3.12)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mplsemu.errors import ProgramError
from mplsemu.model.labels import Label
from mplsemu.model.limits import CORE_MTU, LABEL_OCTETS, MAX_NHLFES


@dataclass(frozen=True, slots=True)
class Push:
    """Push labels, outermost first; none on the last hop of a tunnel with PHP."""

    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """Replace the top label by one label, or by several: replace it, then push the others.

    Both are operations of RFC 3031 section 3.10: facility bypass (RFC 4090 section 3.2) needs the
    second.

    Attributes:
        labels: outermost first; the last one takes the place of the top label.
    """

    labels: tuple[Label, ...]

    def __post_init__(self) -> None:
        if not self.labels:
            raise ProgramError("a swap needs a label; to remove the top label is a pop")


@dataclass(frozen=True, slots=True)
class Pop:
    """Pop the top label and send the rest: penultimate-hop popping."""


Operation = Push | Swap | Pop


@dataclass(frozen=True, slots=True)
class Nhlfe:
    """Next hop label forwarding entry (RFC 3031 section 3.10).

    Attributes:
        link: the link to send on; the node's adjacency of that name has port and addresses.
        operation: on the label stack, before sending.
        backup: used while `link` is down and the network has not reconverged (local repair, RFC
            4090); None where the entry is not protected. It has no backup itself.
    """

    link: str
    operation: Operation
    backup: Nhlfe | None = None

    def __post_init__(self) -> None:
        if self.backup is not None and self.backup.backup is not None:
            raise ProgramError(f"the backup of the NHLFE over {self.link} has a backup itself")

    @property
    def alternatives(self) -> tuple[Nhlfe, ...]:
        """The NHLFE, and its backup if it has one."""
        return (self,) if self.backup is None else (self, self.backup)

    def usable(self, down: Collection[str]) -> Nhlfe:
        """Return the entry that forwards while these links are down: this one or its backup."""
        return self.backup if self.backup is not None and self.link in down else self


@dataclass(frozen=True, slots=True)
class Forward:
    """Send by one of a set of NHLFEs (RFC 3031 section 3.11); more than one is ECMP.

    The data plane chooses. All packets of a flow take the same one; on OpenFlow all packets of a
    label do at a transit LSR, which sees no flows below the stack (ADR 14).

    Attributes:
        nhlfes: all lead to the same egress; sorted by link.
    """

    nhlfes: tuple[Nhlfe, ...]

    def __post_init__(self) -> None:
        _check_nhlfes(self.nhlfes)


@dataclass(frozen=True, slots=True)
class PopToVrf:
    """Pop the VPN label, the last one, and look the IP packet up in a VRF (RFC 4364 section 5).

    Attributes:
        vrf: name of the VRF (of the VPN).
        ip_version: 4 or 6. Only the label says what the payload is (RFC 3032 section 2.2), so a
            VRF has one for each version (RFC 4659 section 3.2).
    """

    vrf: str
    ip_version: int = 4


@dataclass(frozen=True, slots=True)
class PopToPseudowire:
    """Pop the PW label, the last one; the Ethernet frame came over this pseudowire.

    Attributes:
        vsi: name of the VSI (of the VPN).
        peer: the PE at the other end, whose traffic alone carries this label (RFC 4762 4.2).
        leaf: whether the frame is from a leaf of an E-Tree (RFC 7796), by a label of its own.
    """

    vsi: str
    peer: str
    leaf: bool = False


@dataclass(frozen=True, slots=True)
class PopAndLookUp:
    """Pop an explicit null and look the next label up (RFC 3032 section 2.1, RFC 4182)."""


@dataclass(frozen=True, slots=True)
class SwapToAsbr:
    """Swap a VPN label for one that another provider's ASBR gave, and send over the border link.

    RFC 4364 section 10 (b): this provider's PEs push the label that it is swapped for.

    Attributes:
        link: the border link.
        label: that the ASBR at its other end bound.
    """

    link: str
    label: Label


@dataclass(frozen=True, slots=True)
class SwapToPe:
    """Swap a label that was given to another provider for a PE's VPN label; take the tunnel to it.

    Which way the tunnel goes, the FTN says: so the entry stays when paths change (RFC 4364 section
    10 (b)).

    Attributes:
        label: the PE's VPN label.
        egress: the PE.
        border: the only link from which packets with the label are taken.
    """

    label: Label
    egress: str
    border: str


IlmAction = Forward | PopToVrf | PopToPseudowire | PopAndLookUp | SwapToAsbr | SwapToPe
"""What an LSR does with packets of a label."""


@dataclass(frozen=True, slots=True)
class IlmEntry:
    """One line of an LSR's incoming label map.

    Attributes:
        label: the incoming label.
        action: what is done with such packets.
        egress: the LSR at the end of the LSP if `action` is to forward; else None.
    """

    label: Label
    action: IlmAction
    egress: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.action, Forward) is (self.egress is None):
            raise ProgramError(f"ILM entry {int(self.label)}: an egress goes with an NHLFE")

    @property
    def nhlfes(self) -> tuple[Nhlfe, ...]:
        """How packets are forwarded; empty if the LSP ends here."""
        return self.action.nhlfes if isinstance(self.action, Forward) else ()


@dataclass(frozen=True, slots=True)
class FtnEntry:
    """FEC to NHLFE: how this PE reaches another (the FEC is the egress PE).

    Attributes:
        egress: the PE at the end of the LSP.
        nhlfes: one of them is taken, as in `Forward`; they and their backups push.
        mtu: octets of the largest packet that every path carries, with the service label but
            without the tunnel's (RFC 3032 section 3.6): the ingress checks it for all LSRs behind.
    """

    egress: str
    nhlfes: tuple[Nhlfe, ...]
    mtu: int = CORE_MTU - LABEL_OCTETS

    def __post_init__(self) -> None:
        _check_nhlfes(self.nhlfes)
        every = (nhlfe for primary in self.nhlfes for nhlfe in primary.alternatives)
        if not all(isinstance(nhlfe.operation, Push) for nhlfe in every):
            raise ProgramError(f"FTN entry for {self.egress} does not push")


def pushed(nhlfe: Nhlfe) -> tuple[Label, ...]:
    """Return the labels that an NHLFE pushes, outermost first; empty if it does not push."""
    return nhlfe.operation.labels if isinstance(nhlfe.operation, Push) else ()


def _check_nhlfes(nhlfes: tuple[Nhlfe, ...]) -> None:
    if not 1 <= len(nhlfes) <= MAX_NHLFES:
        raise ProgramError(f"{len(nhlfes)} NHLFEs for one FEC; there can be 1 to {MAX_NHLFES}")
