/* Removing octets from the front of a packet.
 *
 * The kernel has no helper that shortens an MPLS packet. bpf_skb_adjust_room requires IP, and sets
 * SKB_GSO_DODGY on GSO packets, which are dropped later. But VLAN tags can be popped from any packet, four
 * octets at a time. */
#pragma once

#include "packet.h"

/* Remove `words` times four octets behind the MAC addresses; the EtherType of the rest follows them. */
static __always_inline int shorten(struct __sk_buff *skb, const __u32 words)
{
	__be16 *front = head(skb, MACS_OCTETS + TAG_OCTETS * words);

	if (!front)
		return -1;
#pragma unroll
	for (__u32 i = 0; i < words; i++)
		front[(MACS_OCTETS + TAG_OCTETS * i) / sizeof(*front)] = TYPE_VLAN;
	/* the second tag pushes the first into the packet data; the protocol becomes VLAN */
	if (bpf_skb_vlan_push(skb, TYPE_VLAN, 1) || bpf_skb_vlan_push(skb, TYPE_VLAN, 1))
		return -1;
#pragma unroll
	for (__u32 i = 0; i < words + 2; i++)
		if (bpf_skb_vlan_pop(skb))
			return -1;
	return 0;
}

/* Pop the top label; `type` is the EtherType of what is below it. */
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

/* Whether a packet becomes adjustable once the kernel knows that its payload is IP. */
static __always_inline int may_become_adjustable(struct __sk_buff *skb, const __u32 at, __be16 type)
{
	return (type == TYPE_IPV4 || type == TYPE_IPV6) && !skb->gso_size && skb->mark != HANDED_OVER &&
	       skb->len >= at + sizeof(struct ipv6_frame);
}

/* Set the EtherType and make the kernel adopt it as skb->protocol: by pushing and popping a tag. */
static __always_inline int set_protocol(struct __sk_buff *skb, __be16 type)
{
	struct ethernet *front = head(skb, sizeof(*front));

	if (!front)
		return -1;
	front->type = type;
	return bpf_skb_vlan_push(skb, TYPE_VLAN, 1) || bpf_skb_vlan_push(skb, TYPE_VLAN, 1) ||
	       bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb);
}

/* Remove everything before a frame at `at` in one step, of an adjustable packet. */
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
