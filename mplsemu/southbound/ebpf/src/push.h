/* Label imposition: heads of Ethernet, labels and control word. */
#pragma once

#include "count.h"

/* A head: an Ethernet header from `destination` on, labels, and a pseudowire's control word */
struct pushed {
	__u16 aligning;
	__u8 destination[MAC_OCTETS];
	__u8 source[MAC_OCTETS];
	__be16 type;
	__be32 entries[MAX_PUSH + 2];
};

/* The label stack entry below a tunnel's: the service's, or the one that the packet arrived with */
struct below {
	__u32 entry;        /* host byte order; pushed entries inherit its TC and TTL */
	__u32 control_word; /* its octets, 0 if there is none */
};

/* Return the octets of a head with an NHLFE's labels and the entry below them. */
static __always_inline __u32 octets_of_head(const struct nhlfe *nhlfe, const struct below *below)
{
	return ETHERNET_OCTETS + ENTRY_OCTETS * (nhlfe->depth + 1) + below->control_word;
}

/* Write a head over a packet's first octets. */
static __always_inline int write_head(struct __sk_buff *skb, const struct nhlfe *nhlfe,
				      const struct below *below)
{
	__u32 inherited = below->entry & 0xeff; /* TC and TTL */
	__u64 octets = octets_of_head(nhlfe, below), depth = nhlfe->depth;
	struct pushed pushed = {.type = TYPE_MPLS};

	keep_in_register(depth);
	if (depth > MAX_PUSH)
		return -1;
	__builtin_memcpy(pushed.destination, nhlfe->destination, MAC_OCTETS);
	__builtin_memcpy(pushed.source, nhlfe->source, MAC_OCTETS);
#pragma unroll
	for (__u32 i = 0; i < MAX_PUSH; i++)
		pushed.entries[i] = bpf_htonl(nhlfe->labels[i] << 12 | inherited);
	pushed.entries[depth] = bpf_htonl(below->entry);
	pushed.entries[depth + 1] = 0;
	keep_in_register(octets);
	if (octets < ETHERNET_OCTETS || octets > sizeof(pushed) - sizeof(pushed.aligning))
		return -1;
	return bpf_skb_store_bytes(skb, 0, pushed.destination, octets, 0);
}

/* Grow a packet at its front; the caller overwrites the new octets and the old head. */
static __always_inline int grow_headroom(struct __sk_buff *skb, __u32 octets)
{
	if (is_adjustable(skb, 0))
		return adjust(skb, octets);
	skb->mark = HANDED_OVER;
	return bpf_skb_change_head(skb, octets, 0);
}

/* Grow a frame at its front, keeping its VLAN tag where it was: behind the new octets. */
VERIFIED_PER_CALL int make_room(struct __sk_buff *skb, __u32 octets)
{
	struct {
		__be16 type;
		__be16 number;
		__be16 below;
	} sacrifice;

	skb->mark = HANDED_OVER;
	if (!skb->vlan_present)
		return bpf_skb_change_head(skb, octets, 0);
	/* no initializer: it would be a second constant, and loader.py sets the only one */
	sacrifice.type = TYPE_VLAN;
	sacrifice.number = bpf_htons(1);
	sacrifice.below = TYPE_MPLS;
	/* The kernel keeps the outermost tag outside the packet data. A second tag pushes it back in; when
	 * that is popped, a third one in the new head is extracted in its place. */
	if (octets < ETHERNET_OCTETS || bpf_skb_vlan_push(skb, TYPE_VLAN, 1))
		return -1;
	if (bpf_skb_change_head(skb, octets + TAG_OCTETS, 0))
		return -1;
	if (bpf_skb_store_bytes(skb, MACS_OCTETS, &sacrifice, sizeof(sacrifice), 0))
		return -1;
	return bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb) ? -1 : 0;
}

/* Grow a frame that is sent once, not flooded. */
static __always_inline int make_room_once(struct __sk_buff *skb, __u32 octets)
{
	struct ethernet *front, ethernet;

	if (!is_adjustable(skb, 0))
		return make_room(skb, octets);
	front = head(skb, sizeof(*front));
	if (!front)
		return -1;
	ethernet = *front;
	return adjust(skb, octets) || bpf_skb_store_bytes(skb, octets, &ethernet, sizeof(ethernet), 0);
}
