/* Unicast reverse path forwarding, strict: whether a source is where its packet came from (RFC 3704 section 2.2). */
#pragma once

#include "fib.h"
#include "martian.h"

/* Whether a VRF would send to an address by the circuit that a packet came by. A route to a gateway's own address, or
 * to a LAN's broadcast address, leads to no circuit. */
static __always_inline int is_behind(const struct __sk_buff *skb, const struct port *port, const __u8 *address,
				     const int version)
{
	const struct route *route = look_up(port->lsr, port->service, address, version);

	return route && (route->kind == ROUTE_DELIVER || route->kind == ROUTE_CONNECTED) && route->target == skb->ifindex;
}

static __always_inline int is_from4(const struct __sk_buff *skb, const struct port *port, const struct ipv4 *ip)
{
	return is_behind(skb, port, ip->source, 4);
}

/* A host that has no address yet, or one of its link, may reach the gateway and nothing else. */
static __always_inline int is_from6(const struct __sk_buff *skb, const struct port *port, const struct ipv6 *ip)
{
	return is_link_local(ip->source) || is_unspecified(ip->source) || is_behind(skb, port, ip->source, 6);
}
