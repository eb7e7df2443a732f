/* Choosing among NHLFEs of equal cost, and sending by one. */
#pragma once

#include "flow.h"
#include "maps.h"
#include "packet.h"

#define ALWAYS_FITS 1514 /* no link of a lab takes less */

/* Return the NHLFE for a flow: always the same, and at the next LSR no less likely another than here. */
static __always_inline struct nhlfe *way_of_flow(__u32 router, enum ways_of of, __u32 id, __u32 number,
						 struct nhlfe *first, __u64 flow)
{
	__u64 hash = mix(mix(flow, router), 0xd1b54a32d192ed03ull);
	struct way_key key = {router, of, id, (hash >> 32) * number >> 32};
	struct nhlfe *other;

	if (!key.way)
		return first;
	other = bpf_map_lookup_elem(&ways, &key);
	return other ?: first;
}

static __always_inline int fits(struct __sk_buff *skb, __u32 oif)
{
	__u32 mtu = 0;

	if (skb->len <= ALWAYS_FITS || skb->gso_size)
		return 1;
	/* as a veth device does, which leaves room for a tag */
	return !bpf_check_mtu(skb, oif, &mtu, -TAG_OCTETS, 0);
}

/* Send a packet whose head is written. A queue, and whoever listens, is passed by only where there is none. */
static __always_inline int send(struct __sk_buff *skb, const struct nhlfe *nhlfe)
{
	if (!(nhlfe->flags & NHLFE_DIRECT))
		return bpf_redirect(nhlfe->oif, 0);
	/* nothing but a device would ask how long a packet is */
	if (!fits(skb, nhlfe->oif))
		return TC_ACT_SHOT;
	skb->mark = is_adjustable(skb, 0) ? HANDED_OVER_IN_PLACE : HANDED_OVER;
	return bpf_redirect_peer(nhlfe->oif, 0);
}
