/* VRFs: routing, delivery to a circuit, imposition of labels (RFC 4364 section 5). */
#pragma once

#include "count.h"
#include "lines.h"
#include "martian.h"
#include "packet.h"
#include "punt.h"
#include "push.h"
#include "urpf.h"
#include "ecmp.h"

#define MAX_LOOKUPS 8 /* per packet, where VRFs of a PE import from each other */
#define ECHO_REPLY 0
#define ECHO_REQUEST 8
#define ECHO_REQUEST6 128
#define PROTOCOL_IGMP 2
#define NO_NEXT_HEADER 59

/* Return the checksum after one word changed (RFC 1624). */
static __always_inline __u16 updated(__u16 checksum, __u16 before, __u16 after)
{
	__u32 sum = (__u16)~checksum + (__u16)~before + after;

	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline void set_ttl4(struct ipv4 *ip, __u8 ttl)
{
	__u16 before = bpf_htons(ip->ttl << 8 | ip->protocol), after = bpf_htons(ttl << 8 | ip->protocol);

	ip->checksum = updated(ip->checksum, before, after);
	ip->ttl = ttl;
}

/* Decrement the TTL of a packet, which is above 1; return the new TTL, 0 on failure. */
static __always_inline __u32 lower_ip_ttl(struct __sk_buff *skb, int version)
{
	if (version == 4) {
		struct ipv4_frame *frame = head(skb, sizeof(*frame));

		if (!frame)
			return 0;
		set_ttl4(&frame->ip, frame->ip.ttl - 1);
		return frame->ip.ttl;
	} else {
		struct ipv6_frame *frame = head(skb, sizeof(*frame));

		return frame ? --frame->ip.hop_limit : 0;
	}
}

/* Send to a host or CE router on a circuit. */
static __always_inline int deliver(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf,
				   const struct route *route, int version)
{
	struct settings *lab = lab_settings();
	struct ethernet *ethernet;

	if (octets_of_packet(skb, version) > route->mtu)
		return punt(skb, lsr, port, PUNT_TOO_BIG, vrf);
	if (!lower_ip_ttl(skb, version))
		return drop(skb, lsr, DROP_INTERNAL);
	ethernet = head(skb, sizeof(*ethernet));
	if (!ethernet || !lab)
		return drop(skb, lsr, DROP_INTERNAL);
	__builtin_memcpy(ethernet->destination, route->mac, MAC_OCTETS);
	__builtin_memcpy(ethernet->source, lab->gateway_mac, MAC_OCTETS);
	count(skb, lsr, COUNT_VRF_OUT, vrf);
	return leave_by(skb, route->target);
}

/* Push the VPN label and the tunnel's, and send. */
static __always_inline int enter_tunnel(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf,
					const struct route *route, __u32 class, int version)
{
	struct tunnel_key key = {lsr, route->target};
	struct tunnel *tunnel = bpf_map_lookup_elem(&tunnels, &key);
	struct settings *lab = lab_settings();
	struct below below = {};
	struct nhlfe *nhlfe;
	__u32 ip_ttl;

	if (!tunnel || !lab)
		return drop(skb, lsr, DROP_NO_TUNNEL);
	if (octets_of_packet(skb, version) > tunnel->mtu - ENTRY_OCTETS)
		return punt(skb, lsr, port, PUNT_TOO_BIG, vrf);
	ip_ttl = lower_ip_ttl(skb, version);
	nhlfe = &tunnel->nhlfe;
	if (tunnel->nhlfe_count > 1) {
		__u64 flow = version == 4 ? flow_of_ipv4(skb, ETHERNET_OCTETS, 1)
					  : flow_of_ipv6(skb, ETHERNET_OCTETS, 1);

		nhlfe = nhlfe_of_flow(lsr, NHLFES_OF_EGRESS, key.egress, tunnel->nhlfe_count, nhlfe, flow);
	}
	below.entry = label_entry(route->label, class, lab->uniform_ttl ? ip_ttl : PIPE_TTL) | ENTRY_BOTTOM;
	if (grow_headroom(skb, octets_of_head(nhlfe, &below) - ETHERNET_OCTETS) ||
	    write_head(skb, nhlfe, &below))
		return drop(skb, lsr, DROP_INTERNAL);
	count(skb, lsr, COUNT_TUNNEL, key.egress);
	return send(skb, lsr, nhlfe);
}

/* Turn an echo request into its reply; 0 if it is none, or a fragment. */
static __always_inline int answer_echo(struct __sk_buff *skb)
{
	struct {
		__u8 type;
		__u8 code;
		__u16 checksum;
		__u32 identification;
	} echo;
	struct ipv4_frame *frame = head(skb, sizeof(*frame));
	__u32 at, sender;

	if (!frame || frame->ip.protocol != PROTOCOL_ICMP || frame->ip.fragment & IPV4_FRAGMENTED)
		return 0;
	at = 4 * (frame->ip.version_length & 15);
	if (bpf_ntohs(frame->ip.total_length) < at + sizeof(echo))
		return 0;
	at += ETHERNET_OCTETS;
	if (bpf_skb_load_bytes(skb, at, &echo, sizeof(echo)) || echo.type != ECHO_REQUEST)
		return 0;
	__builtin_memcpy(&sender, frame->ip.source, sizeof(sender));
	__builtin_memcpy(frame->ip.source, frame->ip.destination, sizeof(sender));
	__builtin_memcpy(frame->ip.destination, &sender, sizeof(sender));
	set_ttl4(&frame->ip, OWN_TTL);
	echo.type = ECHO_REPLY;
	echo.checksum = updated(echo.checksum, bpf_htons(ECHO_REQUEST << 8), bpf_htons(ECHO_REPLY << 8));
	return !bpf_skb_store_bytes(skb, at, &echo, 4, 0);
}

/* A packet to a gateway's own IPv4 address that is no whole echo request: the controller answers, except to
 * other ICMP. */
static __always_inline int local4(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf)
{
	struct ipv4_frame *frame = head(skb, sizeof(*frame));

	if (!frame)
		return drop(skb, lsr, DROP_INTERNAL);
	if (frame->ip.fragment & IPV4_FRAGMENTED)
		return punt(skb, lsr, port, PUNT_FRAGMENT, vrf);
	if (frame->ip.protocol == PROTOCOL_ICMP || frame->ip.protocol == PROTOCOL_IGMP)
		return drop(skb, lsr, DROP_NOBODY);
	return punt(skb, lsr, port, PUNT_NOT_SERVED, vrf);
}

/* A packet to a gateway's own IPv6 address: the controller answers, echo requests too. */
static __always_inline int local6(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf, __u8 next_header)
{
	struct transport transport = {.skb = skb, .protocol = next_header, .at = sizeof(struct ipv6_frame)};
	__u8 type = 0;

	walk_extension_headers(&transport);
	if (transport.is_fragment)
		return punt(skb, lsr, port, PUNT_FRAGMENT, vrf);
	if (transport.protocol == PROTOCOL_ICMPV6)
		bpf_skb_load_bytes(skb, transport.at, &type, sizeof(type));
	if (type == ECHO_REQUEST6)
		return punt(skb, lsr, port, PUNT_ECHO_REQUEST6, vrf);
	if (transport.protocol == PROTOCOL_ICMPV6 || transport.protocol == NO_NEXT_HEADER)
		return drop(skb, lsr, DROP_NOBODY);
	return punt(skb, lsr, port, PUNT_NOT_SERVED, vrf);
}

/* What routing reads of an IP header */
struct ip_header {
	const __u8 *source;
	const __u8 *destination;
	__u32 ttl;
	__u32 class;
	__u32 next_header; /* of IPv6 */
};

/* Read the IP header of a packet; 0 if it is invalid. */
static __always_inline int read_ip(struct __sk_buff *skb, struct ip_header *ip, const int version)
{
	if (version == 4) {
		struct ipv4_frame *frame = head(skb, sizeof(*frame));

		if (!frame || !is_sane4(skb, &frame->ip))
			return 0;
		ip->source = frame->ip.source;
		ip->destination = frame->ip.destination;
		ip->ttl = frame->ip.ttl;
		ip->class = class_of_ipv4(&frame->ip);
	} else {
		struct ipv6_frame *frame = head(skb, sizeof(*frame));

		if (!frame || !is_sane6(skb, &frame->ip))
			return 0;
		ip->source = frame->ip.source;
		ip->destination = frame->ip.destination;
		ip->ttl = frame->ip.hop_limit;
		ip->class = class_of_ipv6(&frame->ip);
		ip->next_header = frame->ip.next_header;
	}
	return 1;
}

/* Whether the addresses of a packet forbid routing it (program/martians.py). */
static __always_inline int is_never_routed(const struct ip_header *ip, const int version)
{
	if (version == 4)
		return is_martian4(ip->destination);
	/* only the gateway is on the link of a link-local source */
	return is_martian6(ip->destination) || is_link_local(ip->destination) || is_link_local(ip->source);
}

/* Return the PE that a packet's flow takes, of those that have its prefix; 0 if there is none. The hash is salted
 * with the LSR, and not as that of the NHLFEs is: a tunnel spreads the flows of each PE. */
static __always_inline struct route *way_of_flow(struct __sk_buff *skb, __u32 lsr, __u32 vrf,
						 const struct route *route, const int version)
{
	__u64 flow = version == 4 ? flow_of_ipv4(skb, ETHERNET_OCTETS, 1) : flow_of_ipv6(skb, ETHERNET_OCTETS, 1);
	__u64 hash = mix(mix(flow, ~lsr), 0xa0761d6478bd642full);
	struct route_way_key key = {lsr, vrf, route->target, (hash >> 32) * route->label >> 32};

	return bpf_map_lookup_elem(&route_ways, &key);
}

/* Route a packet by a VRF: gateways come before martians, those before neighbours and routes. */
static __always_inline int route_ip(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf,
				    const int version)
{
	struct route *route = 0;
	struct ip_header ip = {};

	for (int i = 0; i < MAX_LOOKUPS; i++) {
		if (!read_ip(skb, &ip, version))
			return drop(skb, lsr, DROP_MALFORMED);
		route = look_up(lsr, vrf, ip.destination, version);
		if (route && route->kind == ROUTE_LOCAL) {
			if (version == 6)
				return local6(skb, lsr, port, vrf, ip.next_header);
			if (answer_echo(skb))
				continue; /* the reply is routed by its own destination */
			return local4(skb, lsr, port, vrf);
		}
		if (is_never_routed(&ip, version))
			return drop(skb, lsr, DROP_NEVER_ROUTED);
		if (!route)
			return punt(skb, lsr, port, PUNT_NO_ROUTE, vrf);
		if (route->kind != ROUTE_TO_VRF)
			break;
		vrf = route->target;
		route = 0;
	}
	if (!route)
		return drop(skb, lsr, DROP_NO_ROUTE);
	if (route->kind == ROUTE_CONNECTED)
		return punt(skb, lsr, port, PUNT_GLEAN, vrf);
	if (route->kind == ROUTE_TO_WAYS) {
		route = way_of_flow(skb, lsr, vrf, route, version);
		if (!route)
			return drop(skb, lsr, DROP_NO_ROUTE);
	}
	if (route->kind != ROUTE_TO_PE && route->kind != ROUTE_DELIVER)
		return drop(skb, lsr, DROP_NEVER_ROUTED);
	if (ip.ttl <= 1)
		return punt(skb, lsr, port, PUNT_TTL_EXPIRED, vrf);
	if (route->kind == ROUTE_DELIVER)
		return deliver(skb, lsr, port, vrf, route, version);
	return enter_tunnel(skb, lsr, port, vrf, route, ip.class, version);
}

VERIFIED_PER_CALL int route4(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf)
{
	return route_ip(skb, lsr, port, vrf, 4);
}

VERIFIED_PER_CALL int route6(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf)
{
	return route_ip(skb, lsr, port, vrf, 6);
}
