/* What the maps hold: keys and values, written by user space (layout.py has the same), read by the program.
 *
 * All LSRs of a lab share the maps; `lsr` is the LSR's index in the lab. Numbers are in the machine's byte
 * order but for IP addresses. Every key and value has a size that is a multiple of 4 and no hidden padding.
 */
#pragma once

#include <linux/types.h>

#define MAX_PUSH 8       /* labels that one NHLFE can push */
#define MAX_NHLFES 16      /* NHLFEs of one FEC or one label (ECMP) */
#define MAX_MEMBERS 1024 /* circuits, or pseudowires, of one VSI at one PE */
#define FEW_MEMBERS 6    /* of them, where the kernel interprets programs */
#define PUNT_OCTETS 2048 /* of a punted packet; what is longer is cut */

/* --- interfaces ------------------------------------------------------------------------------------------- */

enum role { ROLE_CORE = 1, ROLE_VRF = 2, ROLE_VSI = 3 };

/* ports: ifindex (unique among all LSRs) -> what kind of port it is; without an entry everything is dropped.
 * The loopback interface needs none: what the controller sends into it is taken as `struct injected` says. */
#define PORT_STRICT_URPF 1 /* of a VRF's circuit: only from where the VRF would send back there (RFC 3704 section 2.2) */
struct port {
	__u32 lsr;
	__u32 number;  /* the LSR's port number */
	__u32 role;    /* enum role */
	__u32 service; /* index of the VRF or VSI, 0 of a core port */
	__u32 flags;   /* PORT_* */
};

/* --- where labelled packets go ---------------------------------------------------------------------------- */

enum operation { OP_SWAP = 1, OP_POP = 2, OP_PUSH = 3 };

#define NHLFE_DIRECT 1 /* no queue and no tap at this port: hand the packet to the peer at once */

struct nhlfe {
	__u32 oif;
	__u8 destination[6];
	__u8 source[6];
	__u8 operation; /* enum operation */
	__u8 depth;     /* labels: 1 of a swap, 0 of a pop, 0..MAX_PUSH of a push */
	__u8 flags;     /* NHLFE_* */
	__u8 reserved;
	__u32 labels[MAX_PUSH]; /* outermost first, 20 bits each */
};

enum ilm_action { ILM_FORWARD = 1, ILM_POP_AND_LOOK_UP = 2, ILM_TO_VRF = 3, ILM_TO_PSEUDOWIRE = 4 };

#define ILM_CONTROL_WORD 1 /* of a pseudowire: RFC 4448 section 4.6 */

/* lfib: incoming label map (RFC 3031 section 3.11) */
struct ilm_key {
	__u32 lsr;
	__u32 label;
};
struct ilm {
	__u8 action;     /* enum ilm_action */
	__u8 nhlfe_count;       /* of ILM_FORWARD: how many NHLFEs; the first is here, the others in `ecmp_nhlfes` */
	__u8 ip_version; /* of ILM_TO_VRF: 4 or 6 */
	__u8 flags;      /* ILM_* */
	__u32 service;   /* of ILM_TO_VRF and ILM_TO_PSEUDOWIRE */
	__u32 pw;      /* of ILM_TO_PSEUDOWIRE: index of the pseudowire in its VSI */
	struct nhlfe nhlfe;
};

/* tunnels: FEC to NHLFE (RFC 3031 section 3.12); the FEC is the PE at the end, by its index */
struct tunnel_key {
	__u32 lsr;
	__u32 egress;
};
struct tunnel {
	__u32 nhlfe_count; /* as in struct ilm */
	__u32 mtu;  /* octets of the largest packet with a service's label and no other (RFC 3032 section 3.6) */
	struct nhlfe nhlfe;
};

/* ecmp_nhlfes: the NHLFEs of a label or of a FEC beyond the first */
enum nhlfes_of { NHLFES_OF_LABEL = 1, NHLFES_OF_EGRESS = 2 };
struct nhlfe_key {
	__u32 lsr;
	__u32 of;  /* enum nhlfes_of */
	__u32 id;  /* label or egress */
	__u32 index; /* 1 .. MAX_NHLFES - 1 */
};

/* --- VRFs --------------------------------------------------------------------------------------------------- */

enum route_kind {
	ROUTE_TO_PE = 1,     /* push `label`, then the tunnel to `target`, a PE's index */
	ROUTE_DELIVER = 2,   /* to `mac` out of `target`, an ifindex */
	ROUTE_CONNECTED = 3, /* the address has to be resolved on `target`, an ifindex: punt */
	ROUTE_TO_VRF = 4,    /* look up in VRF `target` of this PE */
	ROUTE_LOCAL = 5,     /* a gateway's own address */
	ROUTE_BLACKHOLE = 6, /* never routed, as a LAN's broadcast address */
};

/* fib4, fib6: longest prefix match; `prefix_length` counts the bits of LSR and VRF too (64) */
struct fib4_key {
	__u32 prefix_length;
	__u32 lsr;
	__u32 vrf;
	__u8 address[4];
};
struct fib6_key {
	__u32 prefix_length;
	__u32 lsr;
	__u32 vrf;
	__u8 address[16];
};
struct route {
	__u32 kind; /* enum route_kind */
	__u32 target;
	__u32 label;
	__u8 mac[6];
	__u16 mtu; /* of ROUTE_DELIVER: octets of the largest packet */
};

/* gateways: an address of the PE's own on a circuit, for which it answers ARP or neighbour discovery -> 1 */
struct gateway_key {
	__u32 ifindex;
	__u8 address[16]; /* IPv4's as ::ffff:192.0.2.1 */
};

/* --- VSIs --------------------------------------------------------------------------------------------------- */

/* vsis */
enum vsi_kind { VSI_VPLS = 1, VSI_VPWS = 2 };

struct vsi_key {
	__u32 lsr;
	__u32 vsi;
};
struct vsi {
	__u32 kind;     /* enum vsi_kind */
	__u32 circuits; /* highest position in `circuits` */
	__u32 pws;    /* highest index in `pws` */
	__u32 mac_limit; /* addresses it learns at most, and then none; 0: no limit of its own, but a share (settings) */
	__u64 aging_ns;
};

/* circuits: VSI and position (from 1, there may be holes) -> ifindex. pws: VSI and index of the pseudowire */
struct member_key {
	__u32 lsr;
	__u32 vsi;
	__u32 position;
};
#define PW_CONTROL_WORD 1
struct pw {
	__u32 egress; /* index of the PE at the other end */
	__u32 label;  /* that it told us */
	__u32 flags;  /* WIRE_* */
};

/* fdb: learned addresses; the program writes it, user space removes what is old or withdrawn */
enum fdb_kind { AT_CIRCUIT = 1, AT_PW = 2 };
struct fdb_key {
	__u32 lsr;
	__u32 vsi;
	__u8 mac[6];
	__u8 reserved[2];
};
struct fdb_entry {
	__u32 kind; /* enum fdb_kind */
	__u32 id;   /* ifindex of the circuit, or index of the pseudowire */
	__u64 seen_ns; /* CLOCK_MONOTONIC, to within a second */
	__u32 slot;    /* the program's affair (eviction.h) */
	__u32 reserved;
};
/* fdb_added: vsi_key -> __u64, how many addresses of a VSI the program has ever put into fdb. fdb_removed: vsi_key -> __u64,
 * how many of them user space has deleted since. The difference is what counts against `mac_limit`; each of the two
 * maps has one writer, so that nothing is lost where both write at the same time. */

/* --- to and from the controller ------------------------------------------------------------------------------ */

/* PuntReason of mplsemu/southbound/punt/event.py */
enum punt_reason {
	PUNT_TTL_EXPIRED = 0,
	PUNT_ARP = 1,
	PUNT_NEIGHBOUR_DISCOVERY = 2,
	PUNT_GLEAN = 3,
	PUNT_NO_ROUTE = 4,
	PUNT_ECHO_REQUEST6 = 5,
	PUNT_NOT_SERVED = 6,
	PUNT_TOO_BIG = 7,
	PUNT_FRAGMENT = 8,
	PUNT_SOLICITED = 9,
};

/* punts: a ring buffer of these */
struct punt {
	__u32 lsr;
	__u32 port; /* number of the port the packet came by, 0 if from the controller */
	__u32 reason; /* enum punt_reason */
	__u32 service; /* index of the VRF that looked at it, 0 if it still had labels */
	__u32 length;  /* octets in `frame` */
	__u8 frame[PUNT_OCTETS];
};

/* The Ethernet header of what the controller sends into an LSR's loopback interface: destination 02:00 and the
 * router's index, source 02:00 and the VRF's index, both in network byte order. An MPLS packet goes to the LFIB,
 * an IP packet to that VRF. */

/* --- settings and counters ----------------------------------------------------------------------------------- */

/* settings: an array of one */
struct settings {
	__u32 uniform_ttl; /* RFC 3443: 0 pipe, 1 uniform */
	__u8 gateway_mac[6];
	__u8 reserved[2];
	__u32 share; /* addresses that a VSI without a `mac_limit` learns: then the first one goes; 0: no limit */
};

enum counter_kind {
	COUNT_LSP = 1,      /* id: label of a transit or egress LSR's ILM entry */
	COUNT_TUNNEL = 2,   /* id: egress PE, at the ingress */
	COUNT_VRF_IN = 3,   /* id: VRF; from its circuits */
	COUNT_VRF_OUT = 4,  /* to its circuits */
	COUNT_PW_IN = 5,  /* id: VSI << 16 | index of the pseudowire; from the peer */
	COUNT_PW_OUT = 6, /* to the peer */
	COUNT_DROP = 7,     /* id: enum drop */
};

enum drop {
	DROP_PORT = 1,      /* an interface that is no port */
	DROP_MALFORMED = 2, /* too short, or not what its label or type says */
	DROP_NO_LABEL = 3,  /* no ILM entry */
	DROP_NO_ROUTE = 4,
	DROP_NEVER_ROUTED = 5,
	DROP_NO_TUNNEL = 6,
	DROP_NOT_FOR_US = 7,   /* not for the gateway's MAC address, or tagged on a routed circuit */
	DROP_TTL = 8,
	DROP_NOBODY = 9,       /* split horizon, or nobody to flood to */
	DROP_GROUP_SOURCE = 10,
	DROP_PUNTED = 11,      /* given to the controller; not a loss */
	DROP_PUNT_RATE = 12,
	DROP_INTERNAL = 13,
	DROP_MARTIAN = 14, /* from an address that nobody sends from */
	DROP_ONE_LINK = 15, /* for the nearest bridge, or MAC control, as PAUSE */
	DROP_TOO_BIG = 16, /* a frame or labelled packet, for a link or circuit; of others the controller hears */
	DROP_SOURCE = 17,  /* not from where its circuit leads to */
};

/* counters: per CPU; user space makes the entries that it wants to have counted, the program makes those of drops.
 * Packets as they would be on a wire, so the segments of a GSO packet; octets of whole frames, of a GSO packet once
 * the headers. A packet without a route, or whose TTL is at its end, counts as that, punted or not; DROP_PUNTED and
 * DROP_PUNT_RATE count the other reasons. Copies that are flooded and come to nothing are not counted as drops. */
struct counter_key {
	__u32 lsr;
	__u32 kind; /* enum counter_kind */
	__u32 id;
};
struct counter {
	__u64 packets;
	__u64 octets;
};
