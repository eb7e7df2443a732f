/* Unicast reverse path forwarding, strict: whether a source is where its packet came from (RFC 3704 section 2.2). */
#pragma once

#include "maps.h"
#include "martian.h"
#include "packet.h"

#define SCOPE_BITS 64 /* LSR and VRF, before the address */

/* Whether a route leads back by the circuit that a packet came by; a gateway's own address and a LAN's broadcast address do not. */
static __always_inline int leads_back(const struct __sk_buff *skb, const struct route *route)
{
	return route && (route->kind == ROUTE_DELIVER || route->kind == ROUTE_CONNECTED) && route->target == skb->ifindex;
}

static __always_inline int is_from4(const struct __sk_buff *skb, const struct port *port, const struct ipv4 *ip)
{
	struct fib4_key key = {SCOPE_BITS + 32, port->lsr, port->service};

	__builtin_memcpy(key.address, ip->source, sizeof(key.address));
	return leads_back(skb, bpf_map_lookup_elem(&fib4, &key));
}

/* Who has no address yet, or one of the link, is heard: by neighbour discovery and the gateway, and nobody else. */
static __always_inline int is_from6(const struct __sk_buff *skb, const struct port *port, const struct ipv6 *ip)
{
	struct fib6_key key = {SCOPE_BITS + 128, port->lsr, port->service};

	if (is_link_local(ip->source) || is_unspecified(ip->source))
		return 1;
	__builtin_memcpy(key.address, ip->source, sizeof(key.address));
	return leads_back(skb, bpf_map_lookup_elem(&fib6, &key));
}
