/* Removing octets from the front of a packet.
 *
 * The kernel has no helper that shortens an MPLS packet: bpf_skb_adjust_room wants IP, and marks what is to be segmented
 * as doubtful, so that it is dropped later. But it takes off VLAN tags from whatever there is, four octets at a time. */
#pragma once

#include "packet.h"

/* Remove `words` times four octets behind the MAC addresses. The EtherType of what remains stands behind them. */
static __always_inline int shorten(struct __sk_buff *skb, const __u32 words)
{
	__be16 *front = head(skb, MACS_OCTETS + TAG_OCTETS * words);

	if (!front)
		return -1;
#pragma unroll
	for (__u32 i = 0; i < words; i++)
		front[(MACS_OCTETS + TAG_OCTETS * i) / sizeof(*front)] = TYPE_VLAN;
	/* The second tag pushes the first into the packet, and its protocol becomes VLAN: so it can be popped from. */
	if (bpf_skb_vlan_push(skb, TYPE_VLAN, 1) || bpf_skb_vlan_push(skb, TYPE_VLAN, 1))
		return -1;
#pragma unroll
	for (__u32 i = 0; i < words + 2; i++)
		if (bpf_skb_vlan_pop(skb))
			return -1;
	return 0;
}

/* Remove the label on top; `type` is the EtherType of what is below it. */
static __always_inline int pop_label(struct __sk_buff *skb, __be16 type)
{
	__be16 *front = head(skb, sizeof(struct labelled_frame));

	if (!front)
		return -1;
	if (is_adjustable(skb, ENTRY_OCTETS)) {
		front[MACS_OCTETS / sizeof(*front)] = type;
		return adjust(skb, -ENTRY_OCTETS);
	}
	front[sizeof(struct labelled_frame) / sizeof(*front) - 1] = type;
	return shorten(skb, 1);
}

/* Whether a packet of which the kernel does not know yet that it has an IP packet in it can be made adjustable. */
static __always_inline int may_become_adjustable(struct __sk_buff *skb, const __u32 at, __be16 type)
{
	return (type == TYPE_IPV4 || type == TYPE_IPV6) && !skb->gso_size && skb->mark != HANDED_OVER &&
	       skb->len >= at + sizeof(struct ipv6_frame);
}

/* Have the kernel take what follows the Ethernet header for what `type` says: by a tag that comes and goes. */
static __always_inline int set_protocol(struct __sk_buff *skb, __be16 type)
{
	struct ethernet *front = head(skb, sizeof(*front));

	if (!front)
		return -1;
	front->type = type;
	return bpf_skb_vlan_push(skb, TYPE_VLAN, 1) || bpf_skb_vlan_push(skb, TYPE_VLAN, 1) || bpf_skb_vlan_pop(skb) ||
	       bpf_skb_vlan_pop(skb);
}

/* Remove everything before a frame in one piece. */
static __always_inline int shorten_once(struct __sk_buff *skb, const __u32 at)
{
	struct ethernet *front = head(skb, at + sizeof(*front));

	if (!front)
		return -1;
	__builtin_memcpy(front, (void *)front + at, sizeof(*front));
	return adjust(skb, -(__s32)at);
}

/* Remove everything before a frame at `at`: an Ethernet header, labels, perhaps a control word. */
static __always_inline int strip_to_payload(struct __sk_buff *skb, const __u32 at)
{
	const __u32 missing = (TAG_OCTETS - at % TAG_OCTETS) % TAG_OCTETS;
	__u8 *front = head(skb, at + ETHERNET_OCTETS);
	__be16 type;

	if (!front)
		return -1;
	type = *(__be16 *)(front + at + MACS_OCTETS);
	if (!is_adjustable(skb, at) && may_become_adjustable(skb, at, type) && set_protocol(skb, type))
		return -1;
	if (is_adjustable(skb, at))
		return shorten_once(skb, at);
	if (missing && bpf_skb_change_head(skb, missing, 0))
		return -1;
	front = head(skb, missing + at + MACS_OCTETS);
	if (!front)
		return -1;
	__builtin_memcpy(front, front + missing + at, MACS_OCTETS);
	return shorten(skb, (missing + at) / TAG_OCTETS);
}
