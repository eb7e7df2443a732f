/* Removing octets from the front of a packet.
 *
 * The kernel has no helper that shortens an MPLS packet: bpf_skb_adjust_room wants IP, and marks what is to be segmented
 * as doubtful, so that it is dropped later. But it takes off VLAN tags from whatever there is, four octets at a time. */
#pragma once

#include "packet.h"

#define MAX_CUT 24 /* words: more explicit nulls than anybody needs, and the head of a pseudowire's packet */

/* Remove `words` times four octets behind the MAC addresses. The EtherType of what remains stands behind them. */
__noinline int cut(struct __sk_buff *skb, __u32 words)
{
	__be16 tag = TYPE_VLAN;

	for (__u32 i = 0; i < MAX_CUT && i < words; i++)
		if (bpf_skb_store_bytes(skb, MACS_OCTETS + TAG_OCTETS * i, &tag, sizeof(tag), 0))
			return -1;
	/* The second tag pushes the first into the packet, and its protocol becomes VLAN: so it can be popped from. */
	if (bpf_skb_vlan_push(skb, TYPE_VLAN, 1) || bpf_skb_vlan_push(skb, TYPE_VLAN, 1))
		return -1;
	for (__u32 i = 0; i < MAX_CUT + 2 && i < words + 2; i++)
		if (bpf_skb_vlan_pop(skb))
			return -1;
	return 0;
}

/* Remove everything before a frame at `at`: an Ethernet header, labels, perhaps a control word. */
static __always_inline int uncover(struct __sk_buff *skb, const __u32 at, const void *macs)
{
	__u32 short_of = (TAG_OCTETS - at % TAG_OCTETS) % TAG_OCTETS;

	if (short_of && bpf_skb_change_head(skb, short_of, 0))
		return -1;
	if (bpf_skb_store_bytes(skb, 0, macs, MACS_OCTETS, 0))
		return -1;
	return cut(skb, (at + short_of) / TAG_OCTETS);
}
