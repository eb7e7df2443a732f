"""VPNs whose sites are in the networks of several providers (RFC 4364 section 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawBorder, RawBridgedSite, RawL3vpn, RawSixPe, RawVpls, RawVpws
from mplsemu.lab.schema_error import known_names_hint, subject_of
from mplsemu.model.inter_as import AutonomousSystem, BorderEnd, InterAs, VpnBorder
from mplsemu.model.l3vpn import L3vpn, VrfPolicy
from mplsemu.model.names import provider_vrf
from mplsemu.model.tags import VlanTags
from mplsemu.model.topology import Link, Provider
from mplsemu.model.vpn import IPNetwork, Site

AnyRawVpn = RawL3vpn | RawVpls | RawVpws | RawSixPe


@dataclass(frozen=True, slots=True)
class Systems:
    """Which providers carry each VPN, and over which border links.

    Attributes:
        document: the lab file, for its lines.
        provider: all providers' networks as one.
        raw: what the file says of the VPNs.
        borders: what it says of the border links, in the order of the provider's.
    """

    document: Document
    provider: Provider
    raw: Mapping[str, AnyRawVpn]
    borders: Sequence[RawBorder]

    def of(self, vpn: str) -> tuple[AutonomousSystem, ...]:
        """Return the providers to whose PEs sites of a VPN are attached, the first site's first.

        A lab with one provider has one without a name.
        """
        if not self.provider.systems:
            return (AutonomousSystem("", self.provider.asn),)
        owners = self.provider.provider_of
        named = {system.name: system for system in self.provider.systems}
        found = (owners.get(pe) for site in self.raw[vpn].sites.values() for pe in _pes(site))
        return tuple(named[name] for name in dict.fromkeys(found) if name is not None)

    def asn_path(self, system: AutonomousSystem) -> Path:
        """Return where the AS number of a provider stands."""
        return ("providers", system.name, "asn") if system.name else ("provider", "asn")

    def refuse(self, vpn: str) -> None:
        """Refuse what a VPN that spans providers cannot have.

        Raises:
            LabError: it bridges, has hubs, or sites with a policy or several lines of their own; or
                no border link joins two of its providers.
        """
        raw, systems = self.raw[vpn], self.of(vpn)
        if len(systems) < 2:
            return
        first, second, *_ = (system.name for system in systems)
        path = self._site_in(vpn, second)
        if not isinstance(raw, RawL3vpn):
            raise self.document.error(
                path,
                f"vpn {vpn}: a {raw.type} with sites at PEs of {first} and of {second}; only an "
                "l3vpn spans providers",
                "write type: l3vpn, or a VPN for each provider",
            )
        for problem, where in _beyond(vpn, raw):
            raise self.document.error(
                where,
                f"{subject_of(self.document, where)}: vpn {vpn} spans providers {first} and "
                f"{second}, and such a VPN {problem}",
                "leave it out, or attach the VPN's sites to one provider's PEs",
            )
        for one, other in combinations((system.name for system in systems), 2):
            if not any(self._joins(link, one, other) for _, link in self._carrying(vpn)):
                raise self.document.error(
                    self._site_in(vpn, other),
                    f"vpn {vpn} has sites in the networks of {one} and {other}, and no border "
                    "link between these carries it",
                    f"write under borders: {{ends: [ASBR of {one}, ASBR of {other}], option: a, "
                    f"vpns: [{vpn}]}}",
                )

    def policies(self, usual: VrfPolicy, targets: Sequence[VrfPolicy]) -> tuple[VrfPolicy, ...]:
        """Return the policies of the VRFs of a VPN that spans providers, one for each of these.

        Args:
            usual: of its name, with all its sites.
            targets: what each provider's VRFs have, likewise, in the order of `of`.
        """
        owners = self.provider.provider_of
        found = []
        for system, policy in zip(self.of(usual.name), targets, strict=True):
            sites = tuple(
                name
                for name, site in self.raw[usual.name].sites.items()
                if owners[site.pe[0]] == system.name
            )
            name = provider_vrf(usual.name, system.name)
            found.append(
                VrfPolicy(name, policy.rd, policy.import_targets, policy.export_targets, sites)
            )
        return tuple(found)

    def crossed(self, vpn: str) -> tuple[VpnBorder, ...]:
        """Return the border links that carry a VPN."""
        if len(self.of(vpn)) < 2:
            return ()
        return tuple(self._crossing(vpn, raw, link) for raw, link in self._carrying(vpn))

    def refuse_unknown_names(self) -> None:
        """Refuse a border link's VPNs that are none: a mistyped name before what follows from it.

        Raises:
            LabError: at the VPN.
        """
        for index, (raw, _) in enumerate(self._links()):
            path: Path = ("borders", index, "vpns")
            for vpn in raw.vpns or ():
                if vpn not in self.raw:
                    problem = f"{subject_of(self.document, path[:2])}: there is no VPN {vpn!r}"
                    hint = known_names_hint(vpn, self.raw, "VPNs")
                    raise self.document.error((*path, vpn), problem, hint)

    def refuse_borders(self) -> None:
        """Refuse a border link's VPNs that have no site beyond it, or cannot be told apart on it.

        Raises:
            LabError: at the VPN.
        """
        for index, (raw, link) in enumerate(self._links()):
            path: Path = ("borders", index, "vpns")
            what = subject_of(self.document, path[:2])
            tags: dict[VlanTags | None, str] = {}
            for vpn in raw.vpns or ():
                ends = {self.provider.provider_of[end] for end in link.ends}
                absent = sorted(str(end) for end in ends - {each.name for each in self.of(vpn)})
                if absent:
                    problem = f"{what}: vpn {vpn} has no site in the network of {absent[0]}"
                    remedy = f"leave {vpn} out, or attach a site of it to a PE of {absent[0]}"
                    raise self.document.error((*path, vpn), problem, remedy)
            for vpn in self._vpns_on(raw, link):
                vlan = (raw.vpns or {}).get(vpn)
                self._refuse_with_labels((*path, vpn), raw, link, vpn)
                if raw.option == "a" and vlan in tags:
                    same = "are untagged" if vlan is None else f"have vlan {vlan}"
                    raise self.document.error(
                        (*path, vpn),
                        f"{what}: vpns {tags[vlan]} and {vpn} both {same}: nothing tells their "
                        "packets apart",
                        f"write a tag for each: vpns: {{{tags[vlan]}: 100, {vpn}: 200}}",
                    )
                tags[vlan] = vpn

    def _refuse_with_labels(self, path: Path, raw: RawBorder, link: Link, vpn: str) -> None:
        """Refuse what a VPN cannot have on a border where labels are swapped.

        Raises:
            LabError: a VLAN tag; a site of it at an ASBR; a border of another option.
        """
        if raw.option != "b":
            return
        what = f"{subject_of(self.document, path[:2])}: vpn {vpn}"
        if (raw.vpns or {}).get(vpn) is not None:
            problem = f"{what} has a vlan, and with option b labels tell VPNs apart"
            raise self.document.error(path, problem, f"write the name alone: vpns: [{vpn}]")
        for name, site in self.raw[vpn].sites.items():
            for asbr in {*link.ends} & {*site.pe}:
                raise self.document.error(
                    ("vpns", vpn, "sites", name, "pe"),
                    f"site {vpn}/{name}: {asbr} is an ASBR of option b, which has no VRF of the "
                    "VPNs that cross there",
                    "attach the site to another PE, or write option: a",
                )
        for other, _ in self._carrying(vpn):
            if other.option != raw.option:
                problem = f"{what} crosses another border by option {other.option}"
                raise self.document.error(path, problem, "write the same option at both")

    def refuse_foreign_imports(self, vpns: Sequence[L3vpn]) -> None:
        """Refuse imports between VPNs that are not one provider's alone, and the same one's.

        Raises:
            LabError: at the VPN that imports.
        """
        if not self.provider.systems:
            return
        for one, other in permutations(vpns, 2):
            systems = {*self.of(one.name), *self.of(other.name)}
            if len(systems) < 2:
                continue
            for importer in one.policies:
                for exporter in other.policies:
                    for target in sorted(importer.import_targets & exporter.export_targets):
                        names = " and ".join(sorted(system.name for system in systems))
                        raise self.document.error(
                            ("vpns", one.name, "import"),
                            f"{importer.owner} imports route target {target}, which "
                            f"{exporter.owner} exports; between the two they have sites in the "
                            f"networks of {names}, and VPNs import from others of their provider "
                            "alone",
                            "leave it out, or attach the sites of both to one provider's PEs",
                        )

    def _site_in(self, vpn: str, provider: str) -> Path:
        owners = self.provider.provider_of
        sites = self.raw[vpn].sites.items()
        name = next(n for n, site in sites if provider in map(owners.get, _pes(site)))
        return "vpns", vpn, "sites", name, "pe"

    def _links(self) -> Iterator[tuple[RawBorder, Link]]:
        links = (link for link in self.provider.links if link.border is not None)
        return zip(self.borders, links, strict=True)

    def _joins(self, link: Link, one: str, other: str) -> bool:
        owners = self.provider.provider_of
        return {owners[end] for end in link.ends} == {one, other}

    def _vpns_on(self, raw: RawBorder, link: Link) -> Iterator[str]:
        """Yield the VPNs that cross a border link."""
        owners = self.provider.provider_of
        ends = {owners[end] for end in link.ends}
        for vpn in self.raw:
            if raw.vpns is not None and vpn not in raw.vpns:
                continue
            if ends <= {system.name for system in self.of(vpn)}:
                yield vpn

    def _carrying(self, vpn: str) -> Iterator[tuple[RawBorder, Link]]:
        return ((raw, link) for raw, link in self._links() if vpn in self._vpns_on(raw, link))

    def _crossing(self, vpn: str, raw: RawBorder, link: Link) -> VpnBorder:
        owners = self.provider.provider_of
        first, second = (BorderEnd(end, provider_vrf(vpn, str(owners[end]))) for end in link.ends)
        vlan = (raw.vpns or {}).get(vpn)
        return VpnBorder(vpn, link.name, InterAs(raw.option), (first, second), link.mtu, vlan)


def _pes(site: RawBridgedSite) -> Sequence[str]:
    return site.pe


def _beyond(vpn: str, raw: RawL3vpn) -> Iterator[tuple[str, Path]]:
    """Yield what a VPN that spans providers cannot have, and where it stands."""
    path: Path = ("vpns", vpn)
    if raw.topology != "mesh":
        yield "has no hubs", (*path, "topology")
    if raw.import_ is not None:
        yield "imports its own routes alone", (*path, "import")
    if raw.export is not None:
        yield "exports to itself alone", (*path, "export")
    for name, site in raw.sites.items():
        at: Path = (*path, "sites", name)
        if site.import_ is not None or site.export is not None:
            key = "import" if site.import_ is not None else "export"
            yield "has no sites with route targets of their own", (*at, key)
        if len(site.pe) > 1:
            yield "has no dual-homed sites", (*at, "pe")


def refuse_equal_prefixes(document: Document, vpn: L3vpn) -> None:
    """Refuse a prefix that two sites of a VPN have which spans providers.

    Each provider knows the distances within his own network alone: which site is nearer, nobody
    could say.

    Raises:
        LabError: at the later of the two.
    """
    if not vpn.borders:
        return
    owners: dict[IPNetwork, Site] = {}
    for site in vpn.sites:
        for prefix in dict.fromkeys((*site.prefixes, *site.shared_links)):
            other = owners.setdefault(prefix, site)
            if other.name != site.name:
                line = document.location(("vpns", vpn.name, "sites", other.name)).line
                raise document.error(
                    ("vpns", vpn.name, "sites", site.name),
                    f"site {site.full_name}: {prefix} is that of site {other.full_name} (line "
                    f"{line}), too, and vpn {vpn.name} spans providers",
                    "write another prefix: equal ones, and the choice between them, are for VPNs "
                    "of one provider",
                )
