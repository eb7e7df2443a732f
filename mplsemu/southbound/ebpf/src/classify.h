/* Which LSR and service a packet belongs to: by its port, or by the header that the controller wrote. */
#pragma once

#include "circuit.h"
#include "lfib.h"
#include "vsi.h"

#define LOOPBACK 1 /* ifindex of the loopback interface in every network namespace */

/* The Ethernet header of a packet that the controller sent into the loopback interface */
struct injected {
	__be16 to_local;
	__be32 lsr;
	__be16 from_local;
	__be32 service;
	__be16 type;
} PACKED;

#define LOCAL bpf_htons(0x0200)

static __always_inline int from_controller(struct __sk_buff *skb)
{
	struct injected *injected = head(skb, sizeof(*injected));
	__u32 lsr, service;

	if (!injected || injected->to_local != LOCAL || injected->from_local != LOCAL)
		return TC_ACT_OK; /* the kernel's own loopback traffic */
	lsr = bpf_ntohl(injected->lsr);
	service = bpf_ntohl(injected->service);
	switch (injected->type) {
	case TYPE_MPLS:
		return switch_label(skb, lsr, 0);
	case TYPE_IPV4:
		return route4(skb, lsr, 0, service);
	case TYPE_IPV6:
		return route6(skb, lsr, 0, service);
	}
	return drop(skb, lsr, DROP_MALFORMED);
}

static __always_inline int from_port(struct __sk_buff *skb, const struct port *port)
{
	if (port->role == ROLE_BORDER && !is_given(skb, port->lsr, port->number))
		return drop(skb, port->lsr, DROP_NO_LABEL);
	switch (port->role) {
	case ROLE_BORDER:
	case ROLE_CORE:
		return switch_label(skb, port->lsr, port->number);
	case ROLE_VRF:
		return from_routed_circuit(skb, port);
	case ROLE_VSI:
		return bridge(skb, port->lsr, port->service, circuit_at(skb, port),
			      groups_of_port(port) << GROUPS_SHIFT);
	}
	return drop(skb, port->lsr, DROP_PORT);
}
