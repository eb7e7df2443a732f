/* Attachment circuits by their ids, and the tags that delimit them on an access line (RFC 4448 section 4.1). */
#pragma once

#include "maps.h"
#include "packet.h"
#include "tags.h"

/* The id of the circuit that a packet came by */
static __always_inline __u32 circuit_at(struct __sk_buff *skb, const struct port *port)
{
	if (constants.is_interpreted)
		return skb->ifindex;
	return port->flags & PORT_DELIMITED ? CIRCUIT_DELIMITED | port->lsr << 16 | port->number
					    : skb->ifindex;
}

/* PORT_* of a circuit; all of them where it is not known */
static __always_inline __u32 flags_of_circuit(__u32 id)
{
	struct tagged_circuit *circuit;
	struct port *port;

	if (is_delimited(id)) {
		circuit = bpf_map_lookup_elem(&tagged_circuits, &id);
		return circuit ? circuit->flags : ~0u;
	}
	port = bpf_map_lookup_elem(&ports, &id);
	return port ? port->flags : ~0u;
}

/* Find the circuit of a frame on a line by its tags, and remove them; 0 if it is none's. */
static __always_inline struct port *circuit_of_tags(struct __sk_buff *skb)
{
	struct tagged_key key = {skb->ifindex};
	struct tags tags;
	struct port *port;

	read_tags(skb, &tags);
	key.type = tags.type;
	key.outer = tags.outer;
	key.inner = tags.inner;
	port = bpf_map_lookup_elem(&tagged_ports, &key);
	if (!port && key.inner) { /* the inner tag is the customer's own */
		key.inner = 0;
		port = bpf_map_lookup_elem(&tagged_ports, &key);
	}
	return port && !pop_tags(skb, key.type, key.inner) ? port : 0;
}

/* Whether a frame with a customer's own tag would not be taken for another circuit's: on an untagged circuit of
 * a line that carries others it would. */
static __always_inline int may_leave(struct __sk_buff *skb, const struct tagged_circuit *circuit)
{
	return circuit->type || !has_tag(skb);
}

/* Send out of a delimited circuit, with its tags. */
VERIFIED_PER_CALL int leave_tagged(struct __sk_buff *skb, __u32 id)
{
	struct tagged_circuit *circuit = bpf_map_lookup_elem(&tagged_circuits, &id);

	if (!circuit || !may_leave(skb, circuit) ||
	    push_tags(skb, circuit->type, circuit->outer, circuit->inner))
		return TC_ACT_SHOT;
	return bpf_redirect(circuit->ifindex, 0);
}

static __always_inline int leave_by(struct __sk_buff *skb, __u32 circuit)
{
	return is_delimited(circuit) ? leave_tagged(skb, circuit) : bpf_redirect(circuit, 0);
}

/* Send a copy out of a delimited circuit, with its tags; return 0 if it was sent. The frame stays as it was. */
VERIFIED_PER_CALL int copy_tagged(struct __sk_buff *skb, __u32 id)
{
	struct tagged_circuit *circuit = bpf_map_lookup_elem(&tagged_circuits, &id);
	int failed;

	if (!circuit || !may_leave(skb, circuit) ||
	    push_tags(skb, circuit->type, circuit->outer, circuit->inner))
		return -1;
	failed = bpf_clone_redirect(skb, circuit->ifindex, 0);
	return pop_tags(skb, circuit->type, circuit->inner) || failed ? -1 : 0;
}
