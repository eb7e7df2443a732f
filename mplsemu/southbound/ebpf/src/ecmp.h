/* Choosing one of several NHLFEs of equal cost (ECMP), and sending by it. */
#pragma once

#include "count.h"
#include "flow.h"
#include "maps.h"
#include "mtu.h"
#include "packet.h"

/* Return a flow's NHLFE. The hash is salted with the LSR, so that the next LSR's choice does not depend on
 * this one's. */
static __always_inline struct nhlfe *nhlfe_of_flow(__u32 lsr, enum nhlfes_of of, __u32 id, __u32 number,
						   struct nhlfe *first, __u64 flow)
{
	__u64 hash = mix(mix(flow, lsr), 0xd1b54a32d192ed03ull);
	struct nhlfe_key key = {lsr, of, id, (hash >> 32) * number >> 32};
	struct nhlfe *other;

	if (!key.index)
		return first;
	other = bpf_map_lookup_elem(&ecmp_nhlfes, &key);
	return other ?: first;
}

/* Send a packet whose head is written. NHLFE_DIRECT: the port has no queue and no tap. */
static __always_inline int send(struct __sk_buff *skb, __u32 lsr, const struct nhlfe *nhlfe)
{
	if (!link_takes(skb, nhlfe->oif))
		return drop(skb, lsr, DROP_TOO_BIG);
	if (!(nhlfe->flags & NHLFE_DIRECT))
		return bpf_redirect(nhlfe->oif, 0);
	skb->mark = is_adjustable(skb, 0) ? HANDED_OVER_IN_PLACE : HANDED_OVER;
	return bpf_redirect_peer(nhlfe->oif, 0);
}
