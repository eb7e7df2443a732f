/* What the maps hold, and the constants that user space knows too.
 *
 * Written by scripts/build-ebpf from layout.py, layout_vsi.py, map_table.py, kinds.py, program/gateway.py,
 * program/diffserv.py, program/split_horizon.py, punt/rate_limits.py, storm_control.py and mac_moves.py,
 * which explain it: do not edit. */

#pragma once

#include <linux/types.h>

#define MAX_PUSH 8
#define MAX_NHLFES 16
#define MAX_MEMBERS 1024
#define FEW_MEMBERS 6
#define PUNT_OCTETS 2048
#define LARGE_PUNT_OCTETS 16384
#define PUNT_LSPS 64
#define CIRCUIT_DELIMITED 2147483648
#define SOURCE_PUNTS_PER_S 100
#define SOURCE_PUNTS_BURST 250
#define LSR_PUNTS_PER_S 1000
#define LSR_PUNTS_BURST 1000
#define MAC_MOVES_TOO_MANY 5
#define MAC_MOVES_WINDOW_S 10
#define MAC_MOVES_PER_S 20
#define MAC_MOVES_BURST 50
#define STORM_LEAST_BURST_BITS 128000
#define STORM_BURSTS_PER_S 10
#define FIB_SCOPE_BITS 64
#define PIPE_TTL 255
#define OWN_TTL 65
#define DS_FIELD_CLASS_SHIFT 5
#define NO_DSCP_TC 0

/* The link-local gateway in words of 32 bits */
#define LINK_LOCAL_GATEWAY_0 0xfe800000
#define LINK_LOCAL_GATEWAY_1 0x0
#define LINK_LOCAL_GATEWAY_2 0x0
#define LINK_LOCAL_GATEWAY_3 0x1

/* The reasons of each class of punts: a bit for each */
#define PUNT_REASONS_NEIGHBOURS 0xa06
#define PUNT_REASONS_GLEAN 0x8
#define PUNT_REASONS_ANSWERS 0x5f1

enum role { ROLE_CORE = 1, ROLE_VRF = 2, ROLE_VSI = 3, ROLE_LINE = 4, ROLE_BORDER = 5 };

enum operation { OP_SWAP = 1, OP_POP = 2, OP_PUSH = 3 };

enum ilm_action {
	ILM_FORWARD = 1,
	ILM_POP_AND_LOOK_UP = 2,
	ILM_TO_VRF = 3,
	ILM_TO_PSEUDOWIRE = 4,
	ILM_STAND_BY = 5,
};

enum nhlfes_of { NHLFES_OF_LABEL = 1, NHLFES_OF_EGRESS = 2 };

enum route_kind {
	ROUTE_TO_PE = 1,
	ROUTE_DELIVER = 2,
	ROUTE_CONNECTED = 3,
	ROUTE_TO_VRF = 4,
	ROUTE_LOCAL = 5,
	ROUTE_BLACKHOLE = 6,
	ROUTE_TO_WAYS = 7,
};

enum vsi_kind { VSI_VPLS = 1, VSI_VPWS = 2 };

enum fdb_kind { AT_CIRCUIT = 1, AT_PW = 2 };

enum counter_kind {
	COUNT_LSP = 1,
	COUNT_TUNNEL = 2,
	COUNT_VRF_IN = 3,
	COUNT_VRF_OUT = 4,
	COUNT_PW_IN = 5,
	COUNT_PW_OUT = 6,
	COUNT_DROP = 7,
	COUNT_STORM = 8,
};

enum drop {
	DROP_PORT = 1,
	DROP_MALFORMED = 2,
	DROP_NO_LABEL = 3,
	DROP_NO_ROUTE = 4,
	DROP_NEVER_ROUTED = 5,
	DROP_NO_TUNNEL = 6,
	DROP_NOT_FOR_US = 7,
	DROP_TTL = 8,
	DROP_NOBODY = 9,
	DROP_GROUP_SOURCE = 10,
	DROP_PUNTED = 11,
	DROP_PUNT_RATE = 12,
	DROP_INTERNAL = 13,
	DROP_MARTIAN = 14,
	DROP_ONE_LINK = 15,
	DROP_TOO_BIG = 16,
	DROP_SOURCE = 17,
	DROP_UNKNOWN = 18,
	DROP_STORM = 19,
	DROP_TAG = 20,
};

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
	PUNT_DHCP = 10,
	PUNT_SNOOPED = 11,
};

enum punt_class { PUNT_CLASS_NEIGHBOURS = 1, PUNT_CLASS_GLEAN = 2, PUNT_CLASS_ANSWERS = 3 };

#define PORT_STRICT_URPF 1
#define PORT_LEAF 2
#define PORT_DELIMITED 4
#define PORT_DHCP_RELAY 8
#define PORT_DHCPV6_RELAY 16
#define NHLFE_DIRECT 1
#define ILM_CONTROL_WORD 1
#define ILM_LEAF 2
#define ILM_SPOKE 4
#define ILM_TAGGED 8
#define PW_CONTROL_WORD 1
#define PW_LEAF 2
#define PW_SPOKE 4
#define PW_TAGGED 8
#define VSI_DROP_UNKNOWN 1
#define VSI_MAC_MOVES 2
#define VSI_SPOKES 4
#define VSI_SNOOPS 8
#define VSI_TAGGED 16
#define GROUP_MESH 1
#define GROUP_LEAVES 2

/* What kind of port an interface is; without one everything is dropped */
struct port {
	__u32 lsr;
	__u32 number; /* the LSR's port number */
	__u32 role; /* enum role */
	__u32 service; /* index of the VRF or VSI, 0 of a core port */
	__u32 flags; /* PORT_* */
};
_Static_assert(sizeof(struct port) == 20, "padding");

/* An interface and the tags of a frame there; 0 where there is none */
struct tagged_key {
	__u32 ifindex;
	__u16 type; /* of the outer tag */
	__u16 outer;
	__u16 inner; /* the type of an inner tag is 0x8100 */
	__u8 reserved[2];
};
_Static_assert(sizeof(struct tagged_key) == 12, "padding");

/* How frames leave by a delimited circuit: out of which interface, with which tags */
struct tagged_circuit {
	__u32 ifindex;
	__u32 mtu; /* of the circuit's frames, without its tags */
	__u16 type;
	__u16 outer;
	__u16 inner;
	__u16 flags; /* PORT_* */
};
_Static_assert(sizeof(struct tagged_circuit) == 16, "padding");

/* Next hop label forwarding entry (RFC 3031 section 3.10) */
struct nhlfe {
	__u32 oif;
	__u8 destination[6];
	__u8 source[6];
	__u8 operation; /* enum operation */
	__u8 flags; /* NHLFE_* */
	__u8 depth; /* outermost first */
	__u8 reserved[1];
	__u32 labels[MAX_PUSH]; /* outermost first */
};
_Static_assert(sizeof(struct nhlfe) == 52, "padding");

/* Of the incoming label map (RFC 3031 section 3.11) */
struct ilm_key {
	__u32 lsr;
	__u32 label;
};
_Static_assert(sizeof(struct ilm_key) == 8, "padding");

/* What is done with a label; of FORWARD, nhlfe is the first NHLFE, ecmp_nhlfes has more */
struct ilm {
	__u8 action; /* enum ilm_action */
	__u8 nhlfe_count; /* of FORWARD */
	__u8 ip_version; /* of TO_VRF: 4 or 6 */
	__u8 flags; /* ILM_* */
	__u32 service; /* of TO_VRF, TO_PSEUDOWIRE; of FORWARD a label put in first */
	__u32 pw; /* of TO_PSEUDOWIRE: its index in its VSI; of FORWARD a border port */
	struct nhlfe nhlfe;
};
_Static_assert(sizeof(struct ilm) == 64, "padding");

/* A FEC: the PE at the end of the tunnel, by its index */
struct tunnel_key {
	__u32 lsr;
	__u32 egress;
};
_Static_assert(sizeof(struct tunnel_key) == 8, "padding");

/* FEC to NHLFE (RFC 3031 section 3.12); nhlfe is the first one, ecmp_nhlfes has more */
struct tunnel {
	__u32 nhlfe_count;
	struct nhlfe nhlfe;
	__u32 mtu; /* octets of a packet with a service's label alone (RFC 3032 3.6) */
};
_Static_assert(sizeof(struct tunnel) == 60, "padding");

/* An NHLFE of a label or FEC beyond the first */
struct nhlfe_key {
	__u32 lsr;
	__u32 of; /* enum nhlfes_of */
	__u32 id; /* label or egress */
	__u32 index; /* 1 .. MAX_NHLFES - 1 */
};
_Static_assert(sizeof(struct nhlfe_key) == 16, "padding");

/* Longest prefix match of an IPv4 destination */
struct fib4_key {
	__u32 prefix_length; /* in bits, FIB_SCOPE_BITS included */
	__u32 lsr;
	__u32 vrf;
	__u8 address[4];
};
_Static_assert(sizeof(struct fib4_key) == 16, "padding");

/* Longest prefix match of an IPv6 destination */
struct fib6_key {
	__u32 prefix_length; /* in bits, FIB_SCOPE_BITS included */
	__u32 lsr;
	__u32 vrf;
	__u8 address[16];
};
_Static_assert(sizeof(struct fib6_key) == 28, "padding");

/* What a VRF does with a prefix */
struct route {
	__u32 kind; /* enum route_kind */
	__u32 target;
	__u32 label;
	__u8 mac[6];
	__u16 mtu; /* of DELIVER: octets of the largest packet */
};
_Static_assert(sizeof(struct route) == 20, "padding");

/* One of the PEs that have a prefix; the value is its route, TO_PE */
struct route_way_key {
	__u32 lsr;
	__u32 vrf;
	__u32 set; /* number of the set in its VRF */
	__u32 index;
};
_Static_assert(sizeof(struct route_way_key) == 16, "padding");

/* An address of the PE's own on a circuit, for which it answers ARP or neighbour discovery */
struct gateway_key {
	__u32 circuit; /* its id: an ifindex, or CIRCUIT_DELIMITED and so on */
	__u8 address[16]; /* IPv4's as ::ffff:192.0.2.1 */
};
_Static_assert(sizeof(struct gateway_key) == 20, "padding");

/* A VSI of an LSR */
struct vsi_key {
	__u32 lsr;
	__u32 vsi;
};
_Static_assert(sizeof(struct vsi_key) == 8, "padding");

/* A VSI: what it is, how far its members are numbered, how it learns */
struct vsi {
	__u32 kind; /* enum vsi_kind */
	__u32 circuits; /* highest position in the map circuits */
	__u32 pws; /* highest index in the map pws */
	__u32 mac_limit; /* addresses it learns at most, and then none; 0: a share (settings) */
	__u64 aging_ns;
	__u32 filtered; /* the N of 01-80-C2-00-00-0N for which no frame comes in, a bit each */
	__u32 flags; /* VSI_* */
	__u32 storm_kbps; /* that each circuit may have flooded; 0: no limit */
	__u8 reserved[4];
};
_Static_assert(sizeof(struct vsi) == 40, "padding");

/* A circuit of a VSI, by its position from 1 (there may be holes), or a pseudowire */
struct member_key {
	__u32 lsr;
	__u32 vsi;
	__u32 position;
};
_Static_assert(sizeof(struct member_key) == 12, "padding");

/* A pseudowire as its near end sends on it */
struct pw {
	__u32 egress; /* index of the PE at the other end */
	__u32 label; /* that it told us */
	__u32 flags; /* PW_* */
	__u32 leaf_label; /* likewise for frames of leaves of an E-Tree, 0: the same */
};
_Static_assert(sizeof(struct pw) == 16, "padding");

/* A multicast group of a VSI */
struct group_key {
	__u32 lsr;
	__u32 vsi;
	__u8 address[16]; /* IPv4's as ::ffff:239.0.0.1 */
};
_Static_assert(sizeof(struct group_key) == 24, "padding");

/* Who gets what is for a group: a bit for each, from that of position 1 on */
struct group {
	__u8 circuits[MAX_MEMBERS / 8];
	__u8 pws[MAX_MEMBERS / 8];
};
_Static_assert(sizeof(struct group) == 256, "padding");

/* A learned address */
struct fdb_key {
	__u32 lsr;
	__u32 vsi;
	__u8 mac[6];
	__u8 reserved[2];
};
_Static_assert(sizeof(struct fdb_key) == 16, "padding");

/* Where an address was learned, and when it was last seen */
struct fdb_entry {
	__u32 kind; /* enum fdb_kind */
	__u32 id; /* id of the circuit, or index of the pseudowire */
	__u64 seen_ns; /* CLOCK_MONOTONIC, to within a second */
	__u32 slot; /* in the VSI's ring (eviction.h) */
	__u32 moves; /* within a window: second of its beginning << 16, and how many */
};
_Static_assert(sizeof(struct fdb_entry) == 24, "padding");

/* In the ring punts beside packets: an address that moved MAC_MOVES_TOO_MANY times */
struct mac_moved {
	__u32 lsr;
	__u32 vsi;
	__u32 kind; /* enum fdb_kind */
	__u32 id;
	__u32 before_kind; /* enum fdb_kind */
	__u32 before_id;
	__u8 mac[6];
	__u8 reserved[2];
};
_Static_assert(sizeof(struct mac_moved) == 32, "padding");

/* A packet for the controller */
struct punt {
	__u32 lsr;
	__u32 port; /* number of the port the packet came by, 0 if from the controller */
	__u32 reason; /* enum punt_reason */
	__u32 service; /* index of the VRF that looked at it, 0 if it still had labels */
	__u32 length; /* octets in frame */
	__u8 frame[PUNT_OCTETS];
};
_Static_assert(sizeof(struct punt) == 2068, "padding");

/* Likewise, of a jumbo frame */
struct large_punt {
	__u32 lsr;
	__u32 port; /* number of the port the packet came by, 0 if from the controller */
	__u32 reason; /* enum punt_reason */
	__u32 service; /* index of the VRF that looked at it, 0 if it still had labels */
	__u32 length; /* octets in frame */
	__u8 frame[LARGE_PUNT_OCTETS];
};
_Static_assert(sizeof(struct large_punt) == 16404, "padding");

/* What is the same for all LSRs */
struct settings {
	__u32 uniform_ttl; /* RFC 3443: 0 pipe, 1 uniform */
	__u8 gateway_mac[6];
	__u8 reserved[2];
	__u32 share; /* addresses that a VSI without mac_limit learns; 0: no limit */
};
_Static_assert(sizeof(struct settings) == 16, "padding");

/* What is counted */
struct counter_key {
	__u32 lsr;
	__u32 kind; /* enum counter_kind */
	__u32 id;
};
_Static_assert(sizeof(struct counter_key) == 12, "padding");

/* Packets as they would be on a wire, so segments; octets of frames, of GSO one header */
struct counter {
	__u64 packets;
	__u64 octets;
};
_Static_assert(sizeof(struct counter) == 16, "padding");

HASH(ports, 1 << 16, __u32, struct port); /* by ifindex, which is unique among all LSRs */
HASH(tagged_ports, 1 << 16, struct tagged_key, struct port); /* of ports whose role is LINE */
HASH(tagged_circuits, 1 << 16, __u32, struct tagged_circuit); /* by the id of a delimited circuit */
HASH(lfib, 1 << 20, struct ilm_key, struct ilm);
HASH(tunnels, 1 << 18, struct tunnel_key, struct tunnel);
HASH(ecmp_nhlfes, 1 << 18, struct nhlfe_key, struct nhlfe);
LPM_TRIE(fib4, 1 << 20, struct fib4_key, struct route);
LPM_TRIE(fib6, 1 << 18, struct fib6_key, struct route);
HASH(route_ways, 1 << 16, struct route_way_key, struct route);
HASH(gateways, 1 << 16, struct gateway_key, __u32); /* the value is 1 */
HASH(vsis, 1 << 16, struct vsi_key, struct vsi);
HASH(circuits, 1 << 16, struct member_key, __u32); /* to the id */
HASH(pws, 1 << 18, struct member_key, struct pw);
HASH(groups, 1 << 14, struct group_key, struct group);
HASH(fdb, 1 << 20, struct fdb_key, struct fdb_entry); /* the program writes it, user space removes */
HASH(fdb_added, 1 << 16, struct vsi_key, __u64); /* how many addresses were ever put into fdb */
HASH(fdb_removed, 1 << 16, struct vsi_key, __u64); /* how many of them user space has deleted */
RINGBUF(punts, 1 << 22); /* of struct punt */
ARRAY(settings, 1, __u32, struct settings);
PERCPU_HASH(counters, 1 << 16, struct counter_key, struct counter); /* from user space, except of drops */
