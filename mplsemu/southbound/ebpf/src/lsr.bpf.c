/* SPDX-License-Identifier: GPL-2.0-only
 *
 * A label switching router: the data plane of every LSR of a lab, attached to the ingress of all its
 * interfaces.
 *
 * The rest of this project is under the Apache licence. This program is under the GPL, because some kernel
 * helpers are available to GPL programs only. It runs in the kernel, and shares nothing but the maps with
 * user space.
 *
 * One program serves all LSRs. It replaces the kernel's own stack at their interfaces: a packet is forwarded,
 * given to the controller or dropped, but never passed up the stack. docs/ebpf.md says what it does and how
 * it is tested. */
#include "classify.h"

char of_kernel_functions[] SEC("license") = "GPL";

SEC("tc")
int lsr(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct port *port = bpf_map_lookup_elem(&ports, &ifindex);

	if (!constants.is_interpreted && port && port->role == ROLE_LINE) {
		__u32 lsr = port->lsr;

		port = circuit_of_tags(skb);
		if (!port)
			return drop(skb, lsr, DROP_TAG);
	}
	if (port)
		return from_port(skb, port);
	return ifindex == LOOPBACK ? from_controller(skb) : drop(skb, 0, DROP_PORT);
}
