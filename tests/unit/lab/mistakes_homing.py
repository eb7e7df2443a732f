"""Mistakes about dual-homed sites; see mistakes.py."""

MISTAKES = {
    "three lines": (
        "{pe: se}",
        "{pe: [se, dk, no]}",
        28,
        "site c/malmo has 3 lines; it can have two",
        "write two PEs",
    ),
    "two lines to one pe": (
        "{pe: se}",
        "{pe: [se, se]}",
        28,
        "site c/malmo has two lines to se",
        "two different PEs",
    ),
    "second pe unknown": (
        "{pe: se}",
        "{pe: [se, fi]}",
        28,
        "there is no node 'fi'",
        "the PEs are",
    ),
    "second pe is a p": ("{pe: se}", "{pe: [se, p1]}", 28, "pe 'p1' is a P", "{role: pe}"),
    "pe of none": ("{pe: se}", "{pe: []}", 28, "site c/malmo: pe has no entries", "write pe: dk"),
    "pe twice a list": ("{pe: se}", "{pe: [[se]]}", 28, "a list where a name is due", "a name"),
    "mode of one line": (
        "{pe: se}",
        "{pe: se, mode: standby}",
        28,
        "site c/malmo has one line, to se: mode says what several do",
        "write two PEs, as in pe: [se, ...], or leave mode out",
    ),
    "mode unknown": (
        "{pe: se}",
        "{pe: [se, dk], mode: hot}",
        28,
        "mode: 'hot' is not allowed",
        "write standby or load-sharing",
    ),
    "load-sharing in a vpls": (
        "{pe: se}",
        "{pe: [se, dk], mode: load-sharing}",
        28,
        "the lines of site c/malmo cannot share the load: PEs of a vpls know no site with several",
        "write standby, or make it an l3vpn",
    ),
}
