/* A hash of a packet's flow: with ECMP, all packets of a flow take the same path and stay in order.
 *
 * 0 stands for no flow. A label stack does not say what is below it (RFC 3032 section 2.2, RFC 4928), so that
 * is taken for IP or Ethernet only where all lengths, and in IPv4 the checksum, are consistent. */
#pragma once

#include "packet.h"

#define MAX_STACK 32
#define FIRST_USUAL_LABEL 16 /* special-purpose labels are not hashed (RFC 6790 section 4.3) */
#define PADDED_OCTETS 46     /* minimum payload of an Ethernet frame */

static __always_inline __u64 mix(__u64 hash, __u64 more)
{
	hash = (hash ^ more) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static __always_inline int has_length(struct __sk_buff *skb, __u32 at, __u32 octets)
{
	__u32 there = skb->len - at;

	return octets == there || (octets < there && there <= PADDED_OCTETS);
}

static __always_inline int has_ports(__u32 protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP ||
	       protocol == PROTOCOL_DCCP || protocol == PROTOCOL_UDP_LITE;
}

/* Whether a next header is one of IPv6 packets in practice: an extension header or a protocol in use */
static __always_inline int is_plausible(__u32 next_header)
{
	switch (next_header) {
	case HOP_BY_HOP:
	case 4: /* IPv4 */
	case PROTOCOL_TCP:
	case PROTOCOL_UDP:
	case PROTOCOL_DCCP:
	case 41: /* IPv6 */
	case ROUTING:
	case FRAGMENT:
	case 47: /* GRE */
	case 50: /* ESP */
	case 51: /* AH */
	case PROTOCOL_ICMPV6:
	case 59: /* nothing */
	case DESTINATION_OPTIONS:
	case 89:  /* OSPF */
	case 103: /* PIM */
	case 112: /* VRRP */
	case 115: /* L2TP */
	case PROTOCOL_SCTP:
	case PROTOCOL_UDP_LITE:
	case 137: /* MPLS */
		return 1;
	}
	return 0;
}

static __always_inline __u64 with_ports(struct __sk_buff *skb, __u64 hash, const struct transport *transport)
{
	__u32 ports = 0;

	if (transport->is_fragment) /* only the first fragment has ports, so ports are not hashed */
		return hash | 1;
	hash = mix(hash, transport->protocol);
	if (has_ports(transport->protocol) && !bpf_skb_load_bytes(skb, transport->at, &ports, sizeof(ports)))
		hash = mix(hash, ports);
	return hash | 1;
}

static __always_inline int is_ipv4(struct __sk_buff *skb, __u32 at, const struct ipv4 *ip)
{
	const __u16 *words = (const __u16 *)ip;
	__u32 sum = 0;

	if (ip->version_length >> 4 != 4 || (ip->version_length & 15) < 5)
		return 0;
	if (!has_length(skb, at, bpf_ntohs(ip->total_length)))
		return 0;
	if ((ip->version_length & 15) > 5)
		return 1;
	for (__u32 i = 0; i < IPV4_OCTETS / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff || sum == 0x1fffe;
}

/* The flow of an IPv4 packet at `at`; where it is not known to be one, 0 if it looks like anything else. */
VERIFIED_PER_CALL __u64 flow_of_ipv4(struct __sk_buff *skb, __u32 at, __u32 is_known)
{
	struct ipv4 ip __attribute__((aligned(8)));
	struct transport transport = {.skb = skb};
	__u64 hash;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return 0;
	if (!is_known && !is_ipv4(skb, at, &ip))
		return 0;
	hash = mix(*(__u32 *)ip.source, *(__u32 *)ip.destination);
	transport.protocol = ip.protocol;
	transport.at = at + 4 * (ip.version_length & 15);
	transport.is_fragment = !!(ip.fragment & IPV4_FRAGMENTED);
	return with_ports(skb, hash, &transport);
}

/* Likewise for IPv6. */
VERIFIED_PER_CALL __u64 flow_of_ipv6(struct __sk_buff *skb, __u32 at, __u32 is_known)
{
	struct ipv6 ip __attribute__((aligned(8)));
	struct transport transport = {.skb = skb};
	__u64 hash = 0, *addresses = (__u64 *)ip.source;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return 0;
	if (!is_known) {
		if (bpf_ntohl(ip.version_class_flow) >> 28 != 6 || !is_plausible(ip.next_header))
			return 0;
		if (!has_length(skb, at, IPV6_OCTETS + bpf_ntohs(ip.payload_length)))
			return 0;
	}
	for (int i = 0; i < 4; i++)
		hash = mix(hash, addresses[i]);
	transport.protocol = ip.next_header;
	transport.at = at + IPV6_OCTETS;
	walk_extension_headers(&transport);
	return with_ports(skb, hash, &transport);
}

/* The flow of the IP packet in a frame at `at`, with up to two VLAN tags; 0 if it carries none. */
VERIFIED_PER_CALL __u64 flow_in_frame(struct __sk_buff *skb, __u32 at)
{
	__be16 type = 0;

	at += MACS_OCTETS;
	for (int i = 0; i < 3; i++) {
		if (bpf_skb_load_bytes(skb, at, &type, sizeof(type)))
			return 0;
		if (!is_tag(type))
			break;
		at += TAG_OCTETS;
	}
	at += sizeof(type);
	if (type == TYPE_IPV4)
		return flow_of_ipv4(skb, at, 0);
	if (type == TYPE_IPV6)
		return flow_of_ipv6(skb, at, 0);
	return 0;
}

static __always_inline __u64 flow_of_macs(struct __sk_buff *skb, __u32 at)
{
	__u32 macs[3];

	if (bpf_skb_load_bytes(skb, at, macs, sizeof(macs)))
		return 0;
	return mix(mix(mix(0, macs[0]), macs[1]), macs[2]) | 1;
}

/* The flow of a customer's frame. */
VERIFIED_PER_CALL __u64 flow_of_frame(struct __sk_buff *skb, __u32 at)
{
	return flow_in_frame(skb, at) ?: flow_of_macs(skb, at);
}

/* State of a walk down a label stack */
struct stack {
	struct __sk_buff *skb;
	__u64 labels; /* a hash of them */
	__u32 at;     /* where the next entry is */
	__u32 entry;  /* the last one */
};

CALLBACK long read_entry(__u32 before, void *context)
{
	struct stack *stack = context;
	__u32 entry = 0;

	if (bpf_skb_load_bytes(stack->skb, stack->at, &entry, sizeof(entry)))
		return 1;
	stack->entry = bpf_ntohl(entry);
	stack->at += ENTRY_OCTETS;
	if (entry_label(stack->entry) >= FIRST_USUAL_LABEL)
		stack->labels = mix(stack->labels, entry_label(stack->entry));
	return !!(stack->entry & ENTRY_BOTTOM);
}

/* The flow of the payload below a label stack, else of the labels. */
VERIFIED_PER_CALL __u64 flow_below_labels(struct __sk_buff *skb)
{
	struct stack stack = {.skb = skb, .at = ETHERNET_OCTETS};
	__u32 control_word = 1;
	__u64 found;

	repeat(MAX_STACK, 8, read_entry, &stack);
	if (!(stack.entry & ENTRY_BOTTOM))
		return stack.labels | 1;
	found = flow_in_frame(skb, stack.at) ?: flow_of_ipv4(skb, stack.at, 0);
	found = found ?: flow_of_ipv6(skb, stack.at, 0);
	if (found)
		return found;
	if (bpf_skb_load_bytes(skb, stack.at, &control_word, sizeof(control_word)) || control_word)
		return stack.labels | 1;
	return flow_of_frame(skb, stack.at + sizeof(control_word));
}
