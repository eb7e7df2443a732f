/* Frames that are not forwarded: reserved addresses (IEEE 802.1Q table 8-2), MAC control (802.3 31). */
#pragma once

#include "packet.h"

#define TYPE_MAC_CONTROL bpf_htons(0x8808)

/* The last octet of 01-80-C2-00-00-00 to -0F, 255 for any other address */
static __always_inline __u32 number_of_reserved(const __u8 *mac)
{
	__u16 words[3];

	__builtin_memcpy(words, mac, sizeof(words));
	if (words[0] != bpf_htons(0x0180) || words[1] != bpf_htons(0xc200) || words[2] & bpf_htons(0xfff0))
		return 255;
	return bpf_ntohs(words[2]);
}

/* Whether a customer's frame stays on its link: PAUSE, which no pseudowire carries (RFC 4448 section 4.4.5),
 * and what is for a reserved address that the VSI filters. */
static __always_inline int stays_on_link(struct __sk_buff *skb, const struct ethernet *ethernet,
					 __u32 filtered)
{
	__u32 number = number_of_reserved(ethernet->destination);

	if (ethernet->type == TYPE_MAC_CONTROL && !skb->vlan_present)
		return 1;
	return number < 16 && filtered >> number & 1;
}
