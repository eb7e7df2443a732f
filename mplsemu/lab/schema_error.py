"""Pydantic's validation errors as messages that say where the fault is and what to write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from mplsemu.errors import LabError
from mplsemu.lab import schema
from mplsemu.lab.document import Document, Path, Value, quoted
from mplsemu.lab.scalar import kind
from mplsemu.model.vpn import VpnKind
from mplsemu.suggest import nearest

_VPNS: Mapping[str, type[schema.StrictMapping]] = {
    kind: model
    for model in get_args(get_args(schema.AnyVpn)[0])
    for kind in get_args(model.model_fields["type"].annotation)
}
_SITES: Mapping[str, type[schema.StrictMapping]] = {
    kind: get_args(model.model_fields["sites"].annotation)[1] for kind, model in _VPNS.items()
}
_ALL_VPN_KEYS = frozenset(
    field.alias or name for model in _VPNS.values() for name, field in model.model_fields.items()
)
_FIXED: Mapping[Path, type[schema.StrictMapping]] = {
    (): schema.LabFile,
    ("provider",): schema.RawProvider,
    ("provider", "defaults"): schema.RawDefaults,
}
_ENTRIES: Mapping[str, type[schema.StrictMapping]] = {
    "nodes": schema.RawNode,
    "links": schema.RawLink,
    "borders": schema.RawBorder,
}
_LISTS = frozenset((key,) for key in ("ends", "via", "avoid", *schema.CHECKS))
CHECKS = "the file of checks"
"""How messages call a file that has checks and nothing else."""
_BELONGS_TO_THE_VPN = "a VPWS has one LAN across its sites: write it beside 'sites'"
_ELSEWHERE = {
    ("site", "subnet"): _BELONGS_TO_THE_VPN,
    ("site", "gateway"): "a VPWS has no gateway: leave it out",
    ("site", "ce"): "only a site of an l3vpn or a vpls may have a CE router: leave it out",
    ("vpn", "subnet"): "an l3vpn has one LAN per site: write it at each site",
    ("vpn", "rd"): "only an l3vpn has a route distinguisher: leave it out",
    ("vpn", "import"): "only an l3vpn has route targets: leave it out",
    ("vpn", "export"): "only an l3vpn has route targets: leave it out",
    ("vpn", "aging"): "only a vpls learns MAC addresses: leave it out",
    ("vpn", "mac_limit"): "only a vpls learns MAC addresses: leave it out",
    ("site", "hub"): "only a site of a vpls may have a hub PE: leave it out",
    ("site", "role"): "a vpws joins two sites, and an l3vpn has no topology: leave it out",
    ("vpn", "pseudowires"): "only a vpls has more than one pseudowire: leave it out",
    ("vpn", "topology"): "only an l3vpn or a vpls has hubs and spokes: leave it out",
    ("vpn", "via"): "only an l3vpn has hubs with CE routers: leave it out",
    ("vpn", "control_word"): "an l3vpn has no pseudowires: leave it out",
    ("vpn", "pw_type"): "an l3vpn has no pseudowires: leave it out",
    ("vpn", "l2cp"): "an l3vpn forwards packets, not frames: leave it out",
    ("vpn", "igmp_snooping"): "only a vpls floods multicast: leave it out",
    ("vpn", "mac_move"): "only a vpls learns MAC addresses: leave it out",
    ("vpn", "storm_control"): "only a vpls floods: leave it out",
    ("vpn", "unknown_unicast"): "only a vpls learns MAC addresses: leave it out",
}


def schema_error(document: Document, error: ValidationError) -> LabError:
    """Return the first fault in file order as a `LabError`."""
    found = [_complaint(document, detail) for detail in error.errors(include_url=False)]
    return min(found, key=lambda one: (one.location.line or 0) if one.location else 0)


def known_names_hint(name: str, known: Iterable[str], what: str) -> str:
    """Return a remedy for an unknown name: the nearest known one, and which ones there are.

    Args:
        name: that is not known.
        known: those that are.
        what: they are, in the plural.
    """
    names = list(known)
    guess = nearest(name, names)
    listed = f"the {what} are {enumerated(names, ' and ')}" if names else f"there are no {what}"
    return f"did you mean {guess!r}? {listed}" if guess else listed


def enumerated(known: Iterable[str], last: str = " or ", most: int = 12) -> str:
    """Return ``a, b or c``; the rest of a long list is counted."""
    names = list(known)
    if len(names) > most:
        names[most:] = [f"{len(names) - most:,} more"]
    return last.join(filter(None, [", ".join(names[:-1]), names[-1]]))


def subject_of(document: Document, path: Path) -> str:
    """Return how messages name what is at `path`: ``site a/aarhus: rate``."""
    match path:
        case ("provider", "nodes", name, *rest) | ("providers", _, "nodes", name, *rest):
            what = f"node {_cut(name)}"
        case ("provider", "links", int(), *rest) | ("providers", _, "links", int(), *rest):
            what = f"link {_cut(_link_name(document, path[: len(path) - len(rest)]))}"
        case ("providers", name, *rest):
            what = f"provider {_cut(name)}"
        case ("borders", int(), *rest):
            what = f"border link {_cut(_link_name(document, path[:2]))}"
        case ("vpns", vpn, "sites", site, *rest):
            what = f"site {_cut(vpn)}/{_cut(site)}"
        case ("vpns", vpn, *rest):
            what = f"vpn {_cut(vpn)}"
        case ("validate", int(index), *rest):
            what = f"check {index + 1}"
        case (str(section), *rest):
            what = _cut(section)
        case _:
            return document.what
    keys = ".".join(_cut(key) for key in rest if isinstance(key, str))
    return f"{what}: {keys}" if keys else what


def _cut(name: str | int, length: int = 60) -> str:
    text = str(name)
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _link_name(document: Document, path: Path) -> str:
    match _at(document.value, path):
        case str(text):
            return text
        case {"ends": [str(first), str(second)]}:
            return f"{first}-{second}"
        case _:
            return f"number {int(path[-1]) + 1}"


def _at(value: Value, path: Path) -> Value:
    for key in path:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int):
            value = value[key]
    return value


def _path(document: Document, loc: tuple[int | str, ...]) -> Path:
    """Return the part of pydantic's `loc` that stands in the file: not its tags of unions."""
    value: Value = document.value
    path: Path = ()
    for key in loc:
        match value:
            case dict() if isinstance(key, str) and key in value:
                value = value[key]
            case list() if isinstance(key, int) and key < len(value):
                value = value[key]
            case _:
                continue
        path = (*path, key)
    return path


def _model(document: Document, path: Path) -> type[schema.StrictMapping] | None:
    """Return the model of the mapping at `path`."""
    vpn_type = str(_at(document.value, (*path[:2], "type"))) if path[:1] == ("vpns",) else ""
    path = _as_only_provider(path)
    match path:
        case ("vpns", _):
            return _VPNS.get(vpn_type)
        case ("vpns", _, "sites", _, *within):
            return _site_model(vpn_type, within)
        case ("validate", _):
            value = _at(document.value, path)
            keys = value if isinstance(value, dict) else ()
            kinds = schema.CHECKS.items()
            return next((model for key, model in kinds if key in keys), schema.RawPing)
        case (("provider", ("nodes" | "links") as what, _)) | (("borders" as what), int()):
            return _ENTRIES[what]
        case () if document.what == CHECKS:
            return schema.ChecksFile
        case _:
            return _FIXED.get(path)


def _as_only_provider(path: Path) -> Path:
    """Return a path in one of several providers as if he were the only one."""
    return ("provider", *path[2:]) if path[:1] == ("providers",) and len(path) > 1 else path


def _site_model(vpn_type: str, within: Sequence[str | int]) -> type[schema.StrictMapping] | None:
    """Return the model of a mapping that is a site, or within one."""
    match within:
        case []:
            return _SITES.get(vpn_type, schema.RawBridgedSite)  # of no type: what every site has
        case ["hosts", _]:
            return schema.RawHost
        case ["ce"]:
            return schema.RawStationCe if vpn_type == VpnKind.VPLS else schema.RawCe
        case _:
            return None


def _fields(model: type[schema.StrictMapping] | None) -> dict[str, list[Any]]:
    """Return the keys of a mapping, each with examples of its value."""
    if model is None:
        return {}
    fields = model.model_fields.items()
    return {field.alias or name: field.examples or [] for name, field in fields}


def _complaint(document: Document, detail: Any) -> LabError:
    loc = detail["loc"]
    path = _path(document, loc)
    context = detail.get("ctx", {})
    match detail["type"]:
        case "refused":
            problem = f"{subject_of(document, path)}: {context['problem']}"
            error = document.error(path, problem, context["remedy"])
        case "extra_forbidden":
            error = _unknown_key(document, path)
        case "missing":
            error = _missing_key(document, path, str(loc[-1]))
        case "union_tag_not_found":
            error = _missing_key(document, path, "type")
        case "union_tag_invalid":
            where = (*path, "type")
            value = _at(document.value, where)
            error = _wrong(document, where, value, f"write {enumerated(_VPNS)}")
        case "enum" | "literal_error":
            expected = str(context["expected"]).replace("'", "")
            error = _wrong(document, path, detail["input"], f"write {expected}")
        case "too_short" | "too_long":
            error = _wrong_length(document, path, context)
        case _:
            error = _wrong_kind(document, path, detail["input"])
    return error


def _unknown_key(document: Document, path: Path) -> LabError:
    parent, key = path[:-1], str(path[-1])
    known = list(_fields(_model(document, parent)))
    what = subject_of(document, parent)
    problem = f"{what}: unknown key {quoted(key)}" if parent else f"unknown key {quoted(key)}"
    elsewhere = _ELSEWHERE.get((what.split()[0], key))
    guess = nearest(key, known)
    if elsewhere is not None:
        remedy = elsewhere
    elif key == "<<":
        remedy = "merge keys are not part of YAML 1.2: write the keys out"
    elif guess is not None:
        remedy = f"did you mean {guess!r}? known keys: {', '.join(known)}"
    else:
        remedy = f"known keys: {', '.join(known)}"
    return document.error(path, problem, remedy)


def missing_key(document: Document, path: Path, key: str) -> LabError:
    """Return that a mapping has no such key."""
    return _missing_key(document, path, key)


def _missing_key(document: Document, path: Path, key: str) -> LabError:
    """Return that a key is missing, or which one is probably meant to be it."""
    known = _fields(_model(document, path)) or _ALL_VPN_KEYS
    present = _at(document.value, path)
    unknown = [one for one in present if one not in known] if isinstance(present, dict) else []
    example = _example(document, path, key)
    if unknown and path[:1] == ("validate",) and key in schema.CHECKS:
        problem = f"{subject_of(document, path)}: unknown kind of check {quoted(unknown[0])}"
        remedy = f"write {enumerated(schema.CHECKS)}, for example {example}"
        return document.error((*path, unknown[0]), problem, remedy)
    if slip := nearest(key, unknown):
        problem = f"{subject_of(document, path)}: unknown key {quoted(slip)}"
        return document.error((*path, slip), problem, f"did you mean {key!r}? write {example}")
    return document.error(path, f"{subject_of(document, path)} has no {key!r}", f"write {example}")


def _example(document: Document, path: Path, key: str) -> str:
    if key == "type":
        return f"type: {enumerated(_VPNS)}"
    examples = _fields(_model(document, path)).get(key)
    return f"{key}: {_flow(examples[0])}" if examples else f"{key}: ..."


def _flow(value: object) -> str:
    """Return `value` as YAML in one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(one) for one in value) + "]"
        case None:
            return "{}"
        case str() if "::" in value:
            return json.dumps(value)
        case _:
            return str(value)


def _wrong(document: Document, path: Path, value: object, remedy: str) -> LabError:
    text = quoted(value) if isinstance(value, str) else kind(value)
    return document.error(path, f"{subject_of(document, path)}: {text} is not allowed", remedy)


def _wrong_length(document: Document, path: Path, context: Mapping[str, Any]) -> LabError:
    value = _at(document.value, path)
    count = len(value) if isinstance(value, (dict, list)) else 0
    is_vpws = _at(document.value, (*path[:2], "type")) == VpnKind.VPWS
    if is_vpws and path[2:] == ("sites",):
        rule = "a vpws joins two"
    elif context.get("max_length", context.get("min_length")) == 2:
        rule = "two are due"
    else:
        rule = "one at least is due"
    entries = "1 entry" if count == 1 else f"{count or 'no'} entries"
    remedy = f"write {_example(document, path[:-1], str(path[-1]))}"
    return document.error(path, f"{subject_of(document, path)} has {entries}; {rule}", remedy)


def _wrong_kind(document: Document, path: Path, value: object) -> LabError:
    is_vpn = len(path) == 2 and path[0] == "vpns"
    usual = _as_only_provider(path)
    if is_vpn or _model(document, path) is not None:
        due = "a mapping of keys to values"
    elif usual in {("provider", "nodes"), ("vpns",), ("providers",)} or path[-1:] == ("sites",):
        due = "a mapping of names"
    elif usual in {("provider", "links"), ("validate",), ("borders",)} or path[-1:] in _LISTS:
        due = "a list"
    else:
        due = "text"
    problem = f"{subject_of(document, path)}: {kind(value)} where {due} is due"
    parent, key = path[:-1], str(path[-1]) if path else ""
    if is_vpn:
        example = "{type: l3vpn, sites: {...}}"
    elif _fields(_model(document, parent)).get(key):
        example = _example(document, parent, key)
    else:
        example = _example_mapping(document, path) or due
    return document.error(path, problem, f"write {example}")


def _example_mapping(document: Document, path: Path) -> str | None:
    """Return the mapping due at `path` with the keys it must have, or the first it may have."""
    model = _model(document, path)
    if model is None:
        return None
    fields = model.model_fields.items()
    required = [field.alias or name for name, field in fields if field.is_required()]
    keys = required or list(_fields(model))[:1]
    return "{" + ", ".join(_example(document, path, key) for key in keys) + "}"
