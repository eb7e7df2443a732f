/* Neighbour solicitations for a gateway are answered here, as ARP requests are (RFC 4861 section 7.2.4).
 *
 * Only those in the form that hosts send: one option of eight octets, no extension header, a specified
 * source. All others go to the controller, which answers every valid one in the same way. */
#pragma once

#include "lines.h"
#include "punt.h"

#define NEIGHBOUR_SOLICITATION 135
#define NEIGHBOUR_ADVERTISEMENT 136
#define TARGET_MAC_OPTION 2
#define ON_LINK_HOP_LIMIT 255 /* a packet from off the link has less (RFC 4861 section 7.1.1) */
#define CONTROL_CLASS                                                                                        \
	0xc0 /* CS6, network control, as in all packets of a gateway (RFC 1812 section 4.3.2.5) */
#define ROUTER_SOLICITED_OVERRIDE 0xe0000000

struct solicitation {
	struct ethernet ethernet;
	struct ipv6 ip;
	__u8 type;
	__u8 code;
	__u16 checksum;
	__be32 flags;
	__u8 target[16];
	__u8 option;
	__u8 option_length; /* in units of 8 octets */
	__u8 option_mac[MAC_OCTETS];
} PACKED;

#define SOLICITATION_OCTETS (sizeof(struct solicitation) - sizeof(struct ipv6_frame))

/* Whether an address is the link-local one that a VRF has on each circuit, beside its gateways */
static __always_inline int is_link_local_gateway(const __u8 *address)
{
	__u32 words[4];

	__builtin_memcpy(words, address, sizeof(words));
	return words[0] == bpf_htonl(LINK_LOCAL_GATEWAY_0) && words[1] == bpf_htonl(LINK_LOCAL_GATEWAY_1) &&
	       words[2] == bpf_htonl(LINK_LOCAL_GATEWAY_2) && words[3] == bpf_htonl(LINK_LOCAL_GATEWAY_3);
}

/* The checksum of a message and its pseudo-header (RFC 8200 section 8.1), which are adjacent. */
static __always_inline __u16 checksum_of(struct solicitation *message)
{
	__u64 sum = bpf_csum_diff(0, 0, (__be32 *)message->ip.source,
				  2 * sizeof(message->ip.source) + SOLICITATION_OCTETS,
				  bpf_htonl(SOLICITATION_OCTETS + PROTOCOL_ICMPV6));

	sum = (sum & 0xffff) + (sum >> 16 & 0xffff);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline int is_answerable(struct solicitation *message)
{
	__u32 source[4];

	__builtin_memcpy(source, message->ip.source, sizeof(source));
	if (!(source[0] | source[1] | source[2] | source[3]) || message->ip.source[0] == 0xff)
		return 0;
	return message->ip.next_header == PROTOCOL_ICMPV6 && message->ip.hop_limit == ON_LINK_HOP_LIMIT &&
	       message->ip.payload_length == bpf_htons(SOLICITATION_OCTETS) &&
	       message->type == NEIGHBOUR_SOLICITATION && !message->code && message->option_length == 1 &&
	       !checksum_of(message);
}

/* Answer a neighbour solicitation for a gateway, and send the controller a copy to learn from; 0 if it is
 * none. */
VERIFIED_PER_CALL int answer_solicitation(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf,
					  __u32 circuit)
{
	struct solicitation *message = head(skb, sizeof(*message));
	struct settings *lab = lab_settings();
	struct gateway_key key = {circuit};

	if (!message || !lab || skb->len != sizeof(*message) || !is_answerable(message))
		return 0;
	__builtin_memcpy(key.address, message->target, sizeof(key.address));
	if (!is_link_local_gateway(key.address) && !bpf_map_lookup_elem(&gateways, &key))
		return 0;
	report(skb, lsr, port, PUNT_SOLICITED, vrf);
	message = head(skb, sizeof(*message));
	if (!message)
		return drop(skb, lsr, DROP_INTERNAL);
	__builtin_memcpy(message->ethernet.destination, message->ethernet.source, MAC_OCTETS);
	__builtin_memcpy(message->ethernet.source, lab->gateway_mac, MAC_OCTETS);
	message->ip.version_class_flow = bpf_htonl(6 << 28 | CONTROL_CLASS << 20);
	__builtin_memcpy(message->ip.destination, message->ip.source, sizeof(key.address));
	__builtin_memcpy(message->ip.source, key.address, sizeof(key.address));
	message->type = NEIGHBOUR_ADVERTISEMENT;
	message->flags = bpf_htonl(ROUTER_SOLICITED_OVERRIDE);
	message->option = TARGET_MAC_OPTION;
	__builtin_memcpy(message->option_mac, lab->gateway_mac, MAC_OCTETS);
	message->checksum = 0;
	message->checksum = checksum_of(message);
	return leave_by(skb, circuit);
}
