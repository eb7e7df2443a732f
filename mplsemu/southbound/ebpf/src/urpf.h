/* Strict unicast reverse path forwarding (RFC 3704 section 2.2). */
#pragma once

#include "fib.h"
#include "lines.h"
#include "martian.h"

/* Whether a VRF's route to an address leaves by the circuit that a packet arrived on. Routes to a gateway's
 * own address or to a broadcast address leave by none. */
static __always_inline int is_behind(struct __sk_buff *skb, const struct port *port,
				     const __u8 *address, const int version)
{
	const struct route *route = look_up(port->lsr, port->service, address, version);

	return route && (route->kind == ROUTE_DELIVER || route->kind == ROUTE_CONNECTED) &&
	       route->target == circuit_at(skb, port);
}

static __always_inline int is_from4(struct __sk_buff *skb, const struct port *port,
				    const struct ipv4 *ip)
{
	return is_behind(skb, port, ip->source, 4);
}

/* Unspecified and link-local sources pass: they reach only the gateway. */
static __always_inline int is_from6(struct __sk_buff *skb, const struct port *port,
				    const struct ipv6 *ip)
{
	return is_link_local(ip->source) || is_unspecified(ip->source) || is_behind(skb, port, ip->source, 6);
}
