/* VRFs: longest prefix match, delivery, and the way into a tunnel (RFC 4364 section 5). */
#pragma once

#include "count.h"
#include "martian.h"
#include "packet.h"
#include "punt.h"
#include "push.h"
#include "urpf.h"
#include "ecmp.h"

#define MAX_LOOKUPS 8 /* of one packet, where VRFs of a PE import from each other */
#define PIPE_TTL 255  /* RFC 3443 section 3.2 */
#define OWN_TTL 65    /* of the gateway's packets before the VRF, like any router, takes one off: hosts see 64 */
#define ECHO_REPLY 0
#define ECHO_REQUEST 8
#define ECHO_REQUEST6 128
#define PROTOCOL_IGMP 2
#define NO_NEXT_HEADER 59

/* Return a checksum of data in which a word has changed (RFC 1624). */
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

/* Take one off the TTL of a packet, of which it is known that it has more; return what is left. */
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
static __always_inline int deliver(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf, const struct route *route,
				   int version)
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
	return bpf_redirect(route->target, 0);
}

/* Push the VPN label and the tunnel's, and send. */
static __always_inline int enter_tunnel(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf, const struct route *route,
					__u32 class, int version)
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
		__u64 flow = version == 4 ? flow_of_ipv4(skb, ETHERNET_OCTETS, 1) : flow_of_ipv6(skb, ETHERNET_OCTETS, 1);

		nhlfe = nhlfe_of_flow(lsr, NHLFES_OF_EGRESS, key.egress, tunnel->nhlfe_count, nhlfe, flow);
	}
	below.entry = label_entry(route->label, class, lab->uniform_ttl ? ip_ttl : PIPE_TTL) | ENTRY_BOTTOM;
	if (grow_headroom(skb, octets_of_head(nhlfe, &below) - ETHERNET_OCTETS) ||
	    write_head(skb, nhlfe, &below))
		return drop(skb, lsr, DROP_INTERNAL);
	count(skb, lsr, COUNT_TUNNEL, key.egress);
	return send(skb, lsr, nhlfe);
}

/* Make an echo request its reply, if a gateway answers it. */
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

/* What is for a gateway's own IPv4 address and no whole echo request: the controller answers, but to other ICMP nobody does. */
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

/* What is for a gateway's own IPv6 address: echo requests are answered by the controller. */
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

/* Route an IPv4 packet by a VRF: gateways before what is never routed, that before neighbours and routes. */
VERIFIED_PER_CALL int route4(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf)
{
	struct route *route = 0;
	struct ipv4_frame *frame;

	for (int i = 0; i < MAX_LOOKUPS; i++) {
		struct fib4_key key = {SCOPE_BITS + 32, lsr, vrf};

		frame = head(skb, sizeof(*frame));
		if (!frame || !is_sane4(skb, &frame->ip))
			return drop(skb, lsr, DROP_MALFORMED);
		__builtin_memcpy(key.address, frame->ip.destination, sizeof(key.address));
		route = bpf_map_lookup_elem(&fib4, &key);
		if (route && route->kind == ROUTE_LOCAL) {
			if (answer_echo(skb))
				continue; /* the reply takes a way of its own */
			return local4(skb, lsr, port, vrf);
		}
		if (is_martian4(key.address))
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
	if (route->kind != ROUTE_TO_PE && route->kind != ROUTE_DELIVER)
		return drop(skb, lsr, DROP_NEVER_ROUTED);
	frame = head(skb, sizeof(*frame));
	if (!frame)
		return drop(skb, lsr, DROP_INTERNAL);
	if (frame->ip.ttl <= 1)
		return punt(skb, lsr, port, PUNT_TTL_EXPIRED, vrf);
	if (route->kind == ROUTE_DELIVER)
		return deliver(skb, lsr, port, vrf, route, 4);
	return enter_tunnel(skb, lsr, port, vrf, route, class_of_ipv4(&frame->ip), 4);
}

/* Route an IPv6 packet by a VRF. */
VERIFIED_PER_CALL int route6(struct __sk_buff *skb, __u32 lsr, __u32 port, __u32 vrf)
{
	struct route *route = 0;
	struct ipv6_frame *frame;

	for (int i = 0; i < MAX_LOOKUPS; i++) {
		struct fib6_key key = {SCOPE_BITS + 128, lsr, vrf};

		frame = head(skb, sizeof(*frame));
		if (!frame || !is_sane6(skb, &frame->ip))
			return drop(skb, lsr, DROP_MALFORMED);
		__builtin_memcpy(key.address, frame->ip.destination, sizeof(key.address));
		route = bpf_map_lookup_elem(&fib6, &key);
		if (route && route->kind == ROUTE_LOCAL)
			return local6(skb, lsr, port, vrf, frame->ip.next_header);
		/* only the gateway is on the link of a link-local source */
		if (is_martian6(key.address) || is_link_local(key.address) || is_link_local(frame->ip.source))
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
	if (route->kind != ROUTE_TO_PE && route->kind != ROUTE_DELIVER)
		return drop(skb, lsr, DROP_NEVER_ROUTED);
	frame = head(skb, sizeof(*frame));
	if (!frame)
		return drop(skb, lsr, DROP_INTERNAL);
	if (frame->ip.hop_limit <= 1)
		return punt(skb, lsr, port, PUNT_TTL_EXPIRED, vrf);
	if (route->kind == ROUTE_DELIVER)
		return deliver(skb, lsr, port, vrf, route, 6);
	return enter_tunnel(skb, lsr, port, vrf, route, class_of_ipv6(&frame->ip), 6);
}
