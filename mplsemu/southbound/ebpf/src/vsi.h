/* VSIs: learning, forwarding, flooding with split horizon (RFC 4762 section 4); pseudowires (RFC 4448). */
#pragma once

#include "count.h"
#include "decap.h"
#include "mtu.h"
#include "packet.h"
#include "push.h"
#include "bucket.h"
#include "eviction.h"
#include "lines.h"
#include "reserved.h"
#include "punt.h"
#include "snooping.h"
#include "storm.h"
#include "ecmp.h"

#define CONTROL_WORD_OCTETS 4
#define REFRESH_NS 1000000000ull

#define GROUPS_SHIFT 16 /* of split horizon groups beside the number of a pseudowire */
#define ANY_GROUP 0xf
#define DELIMITER_SHIFT 20 /* of the VLAN of its tag in tagged mode */

#define pw_counter(vsi, pw) ((vsi) << 16 | (pw))

/* Where a bridged frame came from */
struct bridged {
	__u32 lsr;
	__u32 vsi;
	__u32 ifindex; /* id of the circuit it came by, 0 if it came over a pseudowire */
	__u32 pw;      /* the pseudowire it came over */
	__u32 groups;  /* GROUP_*: it leaves by no member of any of them */
	__u32 delimiter; /* VLAN of the tag that it had on a pseudowire of tagged mode */
};

/* The split horizon groups of a circuit, and of what comes by it (RFC 7796 section 3) */
static __always_inline __u32 groups_of_port(const struct port *port)
{
	return port->flags & PORT_LEAF ? GROUP_LEAVES : 0;
}

/* Likewise of a pseudowire; the mesh of them is a group (RFC 4762 section 4.4), without those to spoke PEs
 * (section 10). */
static __always_inline __u32 groups_of_pw(const struct pw *pw)
{
	return (pw->flags & PW_SPOKE ? 0 : GROUP_MESH) | (pw->flags & PW_LEAF ? GROUP_LEAVES : 0);
}

/* Whether a frame that came by these groups may leave by a circuit */
static __always_inline int may_leave_by(__u32 groups, __u32 circuit)
{
	return !(groups & GROUP_LEAVES) || !(flags_of_circuit(circuit) & PORT_LEAF);
}

static __always_inline __u64 location_of(const struct fdb_entry *entry)
{
	return *(volatile __u64 *)&entry->kind;
}

/* Whether a VSI may learn one more address. */
static __always_inline int has_room(const struct vsi_key *key, __u32 limit)
{
	__u64 *added = bpf_map_lookup_elem(&fdb_added, key),
	      *removed = bpf_map_lookup_elem(&fdb_removed, key);

	return !limit || (added ? *added : 0) - (removed ? *removed : 0) < limit;
}

static __always_inline void count_added(const struct vsi_key *key)
{
	__u64 none = 0, *added = bpf_map_lookup_elem(&fdb_added, key);

	if (!added) {
		bpf_map_update_elem(&fdb_added, key, &none, BPF_NOEXIST);
		added = bpf_map_lookup_elem(&fdb_added, key);
	}
	if (added)
		__sync_fetch_and_add(added, 1);
}

/* Count a move of an address; return whether it has moved too often, once in as many moves. */
static __always_inline int moves_too_often(struct fdb_entry *entry, __u64 now)
{
	__u32 second = now / SECOND_NS & 0xffff, began = entry->moves >> 16, count = entry->moves & 0xffff;

	if (!count || (second - began & 0xffff) >= MAC_MOVES_WINDOW_S) {
		began = second;
		count = 0;
	}
	count++;
	entry->moves = began << 16 | (count & 0xffff);
	return count % MAC_MOVES_TOO_MANY == 0;
}

/* Tell the controller of an address that has moved from where it was before. */
VERIFIED_PER_CALL int report_move(const struct bridged *frame, const __u8 *mac, __u64 before)
{
	struct bucket_key key = {.lsr = frame->lsr, .kind = SOURCE_OF_MOVES, .id = frame->vsi};
	struct mac_moved *record;

	if (!take(&key, bpf_ktime_get_ns(), MAC_MOVES_PER_S, MAC_MOVES_BURST))
		return 0;
	record = bpf_ringbuf_reserve(&punts, sizeof(*record), 0);
	if (!record)
		return 0;
	record->lsr = frame->lsr;
	record->vsi = frame->vsi;
	record->kind = frame->ifindex ? AT_CIRCUIT : AT_PW;
	record->id = frame->ifindex ?: frame->pw;
	record->before_kind = (__u32)before;
	record->before_id = before >> 32;
	__builtin_memcpy(record->mac, mac, MAC_OCTETS);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* Learn a frame's source address; of one that moves too often return where it was before, else 0. Not inlined: flooding needs its stack space (the interpreter of Linux 6.1
 * allows 512 octets for all functions together). */
VERIFIED_PER_CALL __u64 learn(const struct bridged *frame, __u32 limit, const __u8 *mac, __u64 now)
{
	struct vsi_key vsi = {frame->lsr, frame->vsi};
	struct fdb_key key = {frame->lsr, frame->vsi};
	struct fdb_entry here = {.kind = frame->ifindex ? AT_CIRCUIT : AT_PW,
				 .id = frame->ifindex ?: frame->pw,
				 .seen_ns = now};
	struct settings *lab = lab_settings();
	struct fdb_entry *known;
	__u64 before = 0;

	__builtin_memcpy(key.mac, mac, MAC_OCTETS);
	known = bpf_map_lookup_elem(&fdb, &key);
	if (known) {
		/* kind and id in one store: other CPUs read them concurrently */
		if (location_of(known) != location_of(&here)) {
			if (moves_too_often(known, now))
				before = location_of(known);
			*(volatile __u64 *)&known->kind = location_of(&here);
		} else if (now - known->seen_ns < REFRESH_NS)
			return 0;
		known->seen_ns = now;
		return before;
	}
	if (!limit && lab && lab->share) {
		__s64 slot = take_slot(&key, lab->share);

		if (slot < 0)
			return 0;
		here.slot = slot;
	}
	if (has_room(&vsi, limit) && !bpf_map_update_elem(&fdb, &key, &here, BPF_NOEXIST))
		count_added(&vsi);
	return 0;
}

/* Return where a destination address was learned; `kind` is 0 if it is unknown or has aged out. */
static __always_inline struct fdb_entry find(const struct bridged *frame, __u64 aging_ns, const __u8 *mac,
					     __u64 now)
{
	struct fdb_key key = {frame->lsr, frame->vsi};
	struct fdb_entry *known, found = {};

	if (is_group(mac))
		return found;
	__builtin_memcpy(key.mac, mac, MAC_OCTETS);
	known = bpf_map_lookup_elem(&fdb, &key);
	if (known && (known->seen_ns > now || now - known->seen_ns <= aging_ns))
		*(__u64 *)&found.kind = location_of(known);
	return found;
}

/* The TC for any frame: by its IP packet, below up to two tags beside the one outside the packet data. */
VERIFIED_PER_CALL __u32 class_of_any_frame(struct __sk_buff *skb)
{
	__u32 at = MACS_OCTETS;
	__be16 type = 0;
	__u8 octets[2]; /* the first two of an IP header */

	for (int i = 0; i < 3; i++) {
		if (bpf_skb_load_bytes(skb, at, &type, sizeof(type)))
			return 0;
		at += sizeof(type);
		if (!is_tag(type))
			break;
		at += TAG_OCTETS - sizeof(type);
	}
	if (type == TYPE_IPV4 && skb->len >= at + IPV4_OCTETS &&
	    !bpf_skb_load_bytes(skb, at, octets, sizeof(octets)))
		return class_of(octets[1]);
	if (type == TYPE_IPV6 && skb->len >= at + IPV6_OCTETS &&
	    !bpf_skb_load_bytes(skb, at, octets, sizeof(octets)))
		return class_of(octets[0] << 4 | octets[1] >> 4);
	return 0;
}

/* Likewise, with a fast path for untagged IP. */
static __always_inline __u32 class_of_frame(struct __sk_buff *skb)
{
	struct ipv6_frame *frame = context_field(skb, data);

	if ((void *)(frame + 1) > context_field(skb, data_end))
		return class_of_any_frame(skb);
	if (frame->ethernet.type == TYPE_IPV6)
		return class_of_ipv6(&frame->ip);
	if (frame->ethernet.type == TYPE_IPV4)
		return class_of_ipv4((struct ipv4 *)&frame->ip);
	return is_tag(frame->ethernet.type) ? class_of_any_frame(skb) : 0;
}

static __always_inline struct below below_pw(const struct pw *pw, __u32 groups, __u32 class)
{
	__u32 label = groups & GROUP_LEAVES && pw->leaf_label ? pw->leaf_label : pw->label;
	struct below below = {
		/* a frame has no TTL to copy, so the pipe model's also in a uniform lab */
		.entry = label_entry(label, class, PIPE_TTL) | ENTRY_BOTTOM,
		.control_word = pw->flags & PW_CONTROL_WORD ? CONTROL_WORD_OCTETS : 0,
	};

	return below;
}

/* The tunnel that a pseudowire goes through, NULL if there is none. */
static __always_inline struct tunnel *tunnel_of_pw(__u32 lsr, const struct pw *pw)
{
	struct tunnel_key key = {lsr, pw->egress};

	return bpf_map_lookup_elem(&tunnels, &key);
}

/* Put tagged mode's tag on a frame before it is encapsulated: its circuit's, that of the pseudowire it came over,
 * or a dummy, VLAN 0 (RFC 4448 section 4.4.1). */
VERIFIED_PER_CALL int delimit(struct __sk_buff *skb, __u32 circuit, __u32 vlan)
{
	struct tagged_circuit *tagged = is_delimited(circuit) ? bpf_map_lookup_elem(&tagged_circuits, &circuit) : 0;

	return bpf_skb_vlan_push(skb, TYPE_VLAN, tagged ? tagged->outer : vlan);
}

/* Whether the segments of a GSO frame are too large for a tunnel; other frames are measured at each link. */
static __always_inline int is_segmented_beyond(struct __sk_buff *skb, const struct tunnel *tunnel,
					       const struct below *below)
{
	return skb->gso_size && octets_of_frame(skb) + below->control_word + ENTRY_OCTETS > tunnel->mtu;
}

/* Send a frame over one pseudowire. */
static __always_inline int send_over(struct __sk_buff *skb, const struct bridged *frame, __u32 index)
{
	struct member_key key = {frame->lsr, frame->vsi, index};
	struct pw *pw = bpf_map_lookup_elem(&pws, &key);
	struct tunnel *tunnel = pw ? tunnel_of_pw(frame->lsr, pw) : 0;
	struct below below;
	struct nhlfe *nhlfe;

	if (!pw || !tunnel)
		return drop(skb, frame->lsr, DROP_NO_TUNNEL);
	if (frame->groups & groups_of_pw(pw))
		return drop(skb, frame->lsr, DROP_NOBODY);
	below = below_pw(pw, frame->groups, class_of_frame(skb));
	if (pw->flags & PW_TAGGED && delimit(skb, frame->ifindex, frame->delimiter))
		return drop(skb, frame->lsr, DROP_INTERNAL);
	if (is_segmented_beyond(skb, tunnel, &below))
		return drop(skb, frame->lsr, DROP_TOO_BIG);
	nhlfe = &tunnel->nhlfe;
	if (tunnel->nhlfe_count > 1)
		nhlfe = nhlfe_of_flow(frame->lsr, NHLFES_OF_EGRESS, pw->egress, tunnel->nhlfe_count, nhlfe,
				      flow_of_frame(skb, 0));
	if (make_room_once(skb, octets_of_head(nhlfe, &below)) || write_head(skb, nhlfe, &below))
		return drop(skb, frame->lsr, DROP_INTERNAL);
	count(skb, frame->lsr, COUNT_PW_OUT, pw_counter(frame->vsi, index));
	return send(skb, frame->lsr, nhlfe);
}

/* Whether a copy of a flooded frame was sent; and that no head is larger: not 0, see below */
#define NOT_SENT 1
#define SENT 2
#define NO_MORE 255

/* State of flooding a frame. The verifier of Linux 6.1 follows each circuit and pseudowire anew for every value that
 * it knows a number on the stack to have. It forgets that of one that is narrow, not at a multiple of 8 octets, and
 * not 0: so what is compared with constants, or set to them, is. */
struct flood {
	struct __sk_buff *skb;
	__u64 flow;
	const struct group *members; /* who gets it, NULL: everybody */
	__u32 lsr;
	__u32 vsi;
	__u32 groups; /* that it came by */
	__u16 pws;
	__u16 pw;      /* that it came over, 0 if from a circuit */
	__u32 octets;  /* of a GSO frame, those of its largest segment; else 0 */
	__u8 class;
	__u8 sent;     /* NOT_SENT, SENT */
	__u8 room;     /* octets that the packet has before the frame */
	__u8 more;     /* the smallest head larger than `room` that a pseudowire needs, else NO_MORE */
	__u32 ifindex; /* of the circuit it came by, 0 if it came over a pseudowire */
};

/* Send a copy to circuit `before` + 1. */
CALLBACK long copy_to_circuit(__u32 before, void *context)
{
	struct flood *flood = context;
	struct member_key key = {flood->lsr, flood->vsi, before + 1};
	const struct group *members = flood->members;
	__u32 *ifindex;

	if (members && !is_in(members->circuits, before))
		return 0;
	ifindex = bpf_map_lookup_elem(&circuits, &key);
	if (!ifindex || *ifindex == flood->ifindex || !may_leave_by(flood->groups, *ifindex) ||
	    !circuit_takes(flood->skb, *ifindex))
		return 0;
	if (is_delimited(*ifindex) ? !copy_tagged(flood->skb, *ifindex)
					 : !bpf_clone_redirect(flood->skb, *ifindex, 0))
		flood->sent = SENT;
	return 0;
}

/* Send a copy over pseudowire `before` + 1, if its head is exactly as large as the room there is. */
CALLBACK long copy_to_pw(__u32 before, void *context)
{
	struct flood *flood = context;
	struct member_key key = {flood->lsr, flood->vsi, before + 1};
	struct pw *pw = bpf_map_lookup_elem(&pws, &key);
	struct tunnel *tunnel = pw ? tunnel_of_pw(key.lsr, pw) : 0;
	const struct group *members = flood->members;
	struct nhlfe *nhlfe;
	struct below below;
	__u32 room;

	if (members && !is_in(members->pws, before))
		return 0;
	if (!pw || !tunnel || key.position == flood->pw || flood->groups & groups_of_pw(pw))
		return 0;
	nhlfe = &tunnel->nhlfe;
	if (tunnel->nhlfe_count > 1)
		nhlfe = nhlfe_of_flow(key.lsr, NHLFES_OF_EGRESS, pw->egress, tunnel->nhlfe_count, nhlfe,
				      flood->flow);
	below = below_pw(pw, flood->groups, flood->class);
	room = octets_of_head(nhlfe, &below);
	if (room > flood->room && room < flood->more)
		flood->more = room;
	if (room != flood->room || flood->octets + below.control_word + ENTRY_OCTETS > tunnel->mtu ||
	    write_head(flood->skb, nhlfe, &below) || !link_takes(flood->skb, nhlfe->oif))
		return 0;
	count(flood->skb, key.lsr, COUNT_PW_OUT, pw_counter(key.vsi, key.position));
	if (!bpf_clone_redirect(flood->skb, nhlfe->oif, 0))
		flood->sent = SENT;
	return 0;
}

/* Send copies over all pseudowires whose head fits the room exactly; make room for the next larger head. */
CALLBACK long copy_to_pws(__u32 before, void *context)
{
	struct flood *flood = context;

	flood->more = NO_MORE;
	repeat(flood->pws, FEW_MEMBERS, copy_to_pw, flood);
	if (flood->more == NO_MORE || make_room(flood->skb, flood->more - flood->room))
		return 1;
	flood->room = flood->more;
	return 0;
}

/* Different sizes of heads: 0 to MAX_PUSH labels of a tunnel, with or without control word; and one last
 * round */
#define MAX_ROOMS (MAX_PUSH + 3)

/* Flood to all other circuits and, from a circuit or where there are spoke PEs, over all pseudowires: split
 * horizon (RFC 4762 section 4.4) by groups. Of a known multicast group only to those who want it. */
static __always_inline int flood(struct __sk_buff *skb, const struct bridged *frame, const struct vsi *vsi,
				 const struct group *members)
{
	struct flood flood = {
		.skb = skb,
		.lsr = frame->lsr,
		.vsi = frame->vsi,
		.ifindex = frame->ifindex,
		.pws = vsi->pws,
		.groups = frame->groups,
		.pw = frame->pw,
		.members = members,
	};

	*(volatile __u8 *)&flood.sent = NOT_SENT; /* by itself, not with its neighbours as one constant */
	repeat(vsi->circuits, FEW_MEMBERS, copy_to_circuit, &flood);
	if (frame->ifindex || vsi->flags & VSI_SPOKES) {
		flood.class = class_of_frame(skb);
		flood.flow = flow_of_frame(skb, 0);
		if (vsi->flags & VSI_TAGGED && delimit(skb, frame->ifindex, frame->delimiter))
			return drop(skb, frame->lsr, DROP_INTERNAL);
		flood.octets = skb->gso_size ? octets_of_frame(skb) : 0;
		/* Smallest head first: growing the headroom is cheap, shrinking it is not. */
		repeat(MAX_ROOMS, 5, copy_to_pws, &flood);
	}
	return flood.sent == SENT ? TC_ACT_SHOT : drop(skb, frame->lsr, DROP_NOBODY);
}

static __always_inline int to_circuit(struct __sk_buff *skb, const struct bridged *frame, __u32 ifindex)
{
	if (!circuit_takes(skb, ifindex))
		return drop(skb, frame->lsr, DROP_TOO_BIG);
	return leave_by(skb, ifindex);
}

static __always_inline int to_known(struct __sk_buff *skb, struct bridged *frame,
				    const struct fdb_entry *entry)
{
	if (entry->kind == AT_CIRCUIT && entry->id != frame->ifindex &&
	    may_leave_by(frame->groups, entry->id))
		return to_circuit(skb, frame, entry->id);
	if (entry->kind == AT_PW && entry->id != frame->pw)
		return send_over(skb, frame, entry->id);
	return drop(skb, frame->lsr, DROP_NOBODY);
}

/* Pass a frame from one end of a VPWS to the other, without learning or flooding. */
static __always_inline int cross_connect(struct __sk_buff *skb, struct bridged *frame)
{
	struct member_key key = {frame->lsr, frame->vsi, 1};
	__u32 *ifindex;

	if (frame->ifindex)
		return send_over(skb, frame, 1);
	ifindex = bpf_map_lookup_elem(&circuits, &key);
	return ifindex ? to_circuit(skb, frame, *ifindex) : drop(skb, frame->lsr, DROP_NOBODY);
}

/* The number of a circuit, by its id */
static __always_inline __u32 number_of_circuit(__u32 id)
{
	struct port *port;

	if (id & CIRCUIT_DELIMITED)
		return id & 0xffff;
	port = bpf_map_lookup_elem(&ports, &id);
	return port ? port->number : 0;
}

/* Bridge a frame from a circuit, if `ifindex`, its id, is not 0, or from a pseudowire. `from` has the number of
 * the pseudowire, from GROUPS_SHIFT on the split horizon groups that the frame came by, and from DELIMITER_SHIFT
 * on the VLAN of the tag that it had there. */
VERIFIED_PER_CALL int bridge(struct __sk_buff *skb, __u32 lsr, __u32 index, __u32 ifindex, __u32 from)
{
	struct bridged frame = {lsr,
				index,
				ifindex,
				from & ((1 << GROUPS_SHIFT) - 1),
				from >> GROUPS_SHIFT & ANY_GROUP,
				from >> DELIMITER_SHIFT};
	struct vsi_key key = {lsr, index};
	struct vsi *vsi = bpf_map_lookup_elem(&vsis, &key);
	__u64 now = bpf_ktime_get_coarse_ns();
	struct ethernet *ethernet;
	struct fdb_entry destination;
	struct group *members = 0;
	__u32 is_snooped, type;
	__u64 before;

	if (!vsi)
		return drop(skb, lsr, DROP_INTERNAL);
	ethernet = head(skb, sizeof(*ethernet));
	if (!ethernet)
		return drop(skb, lsr, DROP_MALFORMED);
	if (ifindex && stays_on_link(skb, ethernet, vsi->filtered))
		return drop(skb, lsr, DROP_ONE_LINK);
	if (vsi->kind == VSI_VPWS && (vsi->circuits != 1 || (ifindex && vsi->pws != 1)))
		goto everywhere;
	if (vsi->kind == VSI_VPWS)
		return cross_connect(skb, &frame);
	if (is_group(ethernet->source)) /* IEEE 802.1Q section 8.7: no station has a group address */
		return drop(skb, lsr, DROP_GROUP_SOURCE);
	before = learn(&frame, vsi->mac_limit, ethernet->source, now);
	if (before && vsi->flags & VSI_MAC_MOVES)
		report_move(&frame, ethernet->source, before);
	type = ethernet->type;
	is_snooped = vsi->flags & VSI_SNOOPS && is_group(ethernet->destination) && !skb->vlan_present;
	destination = find(&frame, vsi->aging_ns, ethernet->destination, now);
	if (destination.kind)
		return to_known(skb, &frame, &destination);
	if (vsi->flags & VSI_DROP_UNKNOWN && !is_group(ethernet->destination))
		return drop(skb, lsr, DROP_UNKNOWN);
	if (is_snooped && ifindex && is_membership_message(skb, type))
		return punt(skb, lsr, number_of_circuit(ifindex), PUNT_SNOOPED, index);
	if (ifindex && vsi->storm_kbps && is_storm(skb, lsr, ifindex, vsi->storm_kbps))
		return drop(skb, lsr, DROP_STORM);
	if (is_snooped)
		members = known_group(skb, &key, type);
everywhere: /* one place for all: the verifier follows a flood once more for each */
	return flood(skb, &frame, vsi, members);
}

/* Take tagged mode's tag off a frame; return its VLAN, or -1 if there is none. */
VERIFIED_PER_CALL int take_delimiter(struct __sk_buff *skb)
{
	__u32 vlan;

	if (!skb->vlan_present) { /* the kernel does not know it for a tag yet */
		struct ethernet *front = head(skb, sizeof(*front));

		if (!front || !is_tag(front->type) || set_protocol(skb, front->type))
			return -1;
	}
	vlan = skb->vlan_tci & VLAN_ID;
	return bpf_skb_vlan_pop(skb) ? -1 : vlan;
}

/* Decapsulate a pseudowire's packet, which has one label left, and bridge its frame. */
static __always_inline int from_pw(struct __sk_buff *skb, __u32 lsr, const struct ilm *ilm)
{
	const __u32 bare = sizeof(struct labelled_frame), after_word = bare + CONTROL_WORD_OCTETS;
	__u32 vsi = ilm->service, pw = ilm->pw, has_word = ilm->flags & ILM_CONTROL_WORD;
	__u32 is_tagged = ilm->flags & ILM_TAGGED;
	__u32 groups = (ilm->flags & ILM_SPOKE ? 0 : GROUP_MESH) |
		       (ilm->flags & ILM_LEAF ? GROUP_LEAVES : 0);
	__u8 *front = head(skb, after_word);
	int failed, vlan = 0;

	/* RFC 4385 section 3: data has 0 in the first four bits of the control word */
	if (!front || (has_word && front[bare] >> 4))
		return drop(skb, lsr, DROP_MALFORMED);
	if (skb->len < (has_word ? after_word : bare) + ETHERNET_OCTETS)
		return drop(skb, lsr, DROP_MALFORMED);
	count(skb, lsr, COUNT_PW_IN, pw_counter(vsi, pw));
	failed = has_word ? strip_to_payload(skb, after_word) : strip_to_payload(skb, bare);
	if (failed)
		return drop(skb, lsr, DROP_INTERNAL);
	if (is_tagged)
		vlan = take_delimiter(skb);
	if (vlan < 0)
		return drop(skb, lsr, DROP_TAG);
	return bridge(skb, lsr, vsi, 0, vlan << DELIMITER_SHIFT | groups << GROUPS_SHIFT | pw);
}
