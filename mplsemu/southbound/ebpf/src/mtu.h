/* How large a packet is on the wire, and whether it fits a link, a circuit or a tunnel (RFC 3032 section 3).
 *
 * A GSO packet is as large as its largest segment. */
#pragma once

#include "packet.h"

#define TCP_OCTETS 20
#define UDP_OCTETS 8

/* Octets of the largest segment of the GSO packet whose IP header is at `at`. What it reads goes to one octet in turn:
 * it is in the deepest chain of calls, which has no stack space to spare. */
VERIFIED_PER_CALL __u32 octets_of_segment(struct __sk_buff *skb, __u32 at, __u32 is_ipv6)
{
	struct transport transport = {.skb = skb};
	__u32 transport_octets = UDP_OCTETS;
	__u8 octet = 0;

	if (is_ipv6) {
		bpf_skb_load_bytes(skb, at + offsetof(struct ipv6, next_header), &octet, sizeof(octet));
		transport.protocol = octet;
		transport.at = at + IPV6_OCTETS;
		walk_extension_headers(&transport);
	} else {
		bpf_skb_load_bytes(skb, at, &octet, sizeof(octet));
		transport.at = at + 4 * (octet & 15);
		bpf_skb_load_bytes(skb, at + offsetof(struct ipv4, protocol), &octet, sizeof(octet));
		transport.protocol = octet;
	}
	if (transport.protocol == PROTOCOL_TCP)
		transport_octets = bpf_skb_load_bytes(skb, transport.at + 12, &octet, sizeof(octet))
					   ? TCP_OCTETS
					   : octet >> 4 << 2;
	return transport.at - at + transport_octets + skb->gso_size;
}

/* Octets of an IP packet behind an Ethernet header, with padding */
static __always_inline __u32 octets_of_packet(struct __sk_buff *skb, int version)
{
	return skb->gso_size ? octets_of_segment(skb, ETHERNET_OCTETS, version == 6)
			     : skb->len - ETHERNET_OCTETS;
}

/* Octets of a frame, with the VLAN tag that the kernel keeps outside the packet data */
VERIFIED_PER_CALL __u32 octets_of_frame(struct __sk_buff *skb)
{
	__u32 beside = skb->vlan_present ? TAG_OCTETS : 0, at = MACS_OCTETS;
	__be16 type = 0;

	if (!skb->gso_size)
		return skb->len + beside;
	for (int i = 0; i < 3; i++) {
		if (bpf_skb_load_bytes(skb, at, &type, sizeof(type)) || !is_tag(type))
			break;
		at += TAG_OCTETS;
	}
	at += sizeof(type);
	return at + octets_of_segment(skb, at, type == TYPE_IPV6) + beside;
}

/* Whether a payload of so many octets fits the MTU of an interface or a delimited circuit. */
static __always_inline int takes(struct __sk_buff *skb, __u32 oif, __u32 octets)
{
	struct tagged_circuit *circuit;
	__u32 mtu = 0;

	if (is_delimited(oif)) {
		circuit = bpf_map_lookup_elem(&tagged_circuits, &oif);
		return circuit && octets <= circuit->mtu;
	}
	bpf_check_mtu(skb, oif, &mtu, 0, 0);
	return octets <= mtu;
}

/* Whether a frame fits a circuit; a VLAN tag does not count, as on any Ethernet (IEEE 802.3 clause 3.2.7). */
static __always_inline int circuit_takes(struct __sk_buff *skb, __u32 oif)
{
	__be16 type = 0;
	__u32 octets;

	if (skb->len <= constants.always_fits)
		return 1;
	octets = octets_of_frame(skb) - ETHERNET_OCTETS;
	if (skb->vlan_present)
		type = skb->vlan_proto;
	else
		bpf_skb_load_bytes(skb, MACS_OCTETS, &type, sizeof(type));
	return takes(skb, oif, type == TYPE_VLAN ? octets - TAG_OCTETS : octets);
}

/* Whether a labelled packet fits a core link. A GSO packet was measured where its labels were pushed. */
static __always_inline int link_takes(struct __sk_buff *skb, __u32 oif)
{
	if (skb->len <= constants.always_fits || skb->gso_size)
		return 1;
	return takes(skb, oif, skb->len - ETHERNET_OCTETS);
}
