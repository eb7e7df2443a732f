/* IGMP and MLD snooping (RFC 4541): which frames are membership messages, and what is for a known group. */
#pragma once

#include "packet.h"
#include "maps.h"

#define PROTOCOL_IGMP 2
#define MLD_QUERY 130
#define MLD_DONE 132
#define MLD_REPORT2 143

/* Whether an untagged frame is IGMP, or MLD behind whatever extension headers */
VERIFIED_PER_CALL int is_membership_message(struct __sk_buff *skb, __u32 type)
{
	struct transport transport = {.skb = skb, .at = ETHERNET_OCTETS + IPV6_OCTETS};
	__u8 octet = 0;

	if (type == TYPE_IPV4) {
		bpf_skb_load_bytes(skb, ETHERNET_OCTETS + offsetof(struct ipv4, protocol), &octet,
				   sizeof(octet));
		return octet == PROTOCOL_IGMP;
	}
	if (type != TYPE_IPV6)
		return 0;
	bpf_skb_load_bytes(skb, ETHERNET_OCTETS + offsetof(struct ipv6, next_header), &octet, sizeof(octet));
	transport.protocol = octet;
	walk_extension_headers(&transport);
	if (transport.protocol != PROTOCOL_ICMPV6 || transport.is_fragment ||
	    bpf_skb_load_bytes(skb, transport.at, &octet, sizeof(octet)))
		return 0;
	return (octet >= MLD_QUERY && octet <= MLD_DONE) || octet == MLD_REPORT2;
}

/* The group that an untagged frame is for, NULL if the VSI does not know it */
static __always_inline struct group *known_group(struct __sk_buff *skb, const struct vsi_key *vsi, __u32 type)
{
	struct group_key key = {vsi->lsr, vsi->vsi};
	int failed;

	if (type == TYPE_IPV4) {
		key.address[10] = key.address[11] = 0xff;
		failed = bpf_skb_load_bytes(skb, ETHERNET_OCTETS + offsetof(struct ipv4, destination),
					    &key.address[12], 4);
	} else if (type == TYPE_IPV6) {
		failed = bpf_skb_load_bytes(skb, ETHERNET_OCTETS + offsetof(struct ipv6, destination),
					    key.address, sizeof(key.address));
	} else {
		return 0;
	}
	return failed ? 0 : bpf_map_lookup_elem(&groups, &key);
}

/* Whether the member behind position `before` + 1 is in a set of them */
static __always_inline int is_in(const __u8 *set, __u32 before)
{
	return set[before >> 3 & (MAX_MEMBERS / 8 - 1)] >> (before & 7) & 1;
}
