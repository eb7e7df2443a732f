/* Rate limits of packets for the controller; the numbers are those of punt/rate_limits.py.
 *
 * Each source has a token bucket per class, so that no customer takes another's share. A source that has used
 * more than half of its bucket also takes tokens from the LSR's, which all sources share; one that has used
 * less never depends on it. */
#pragma once

#include "maps.h"
#include "packet.h"

static __always_inline enum punt_class class_of_punt(enum punt_reason reason)
{
	if (PUNT_REASONS_NEIGHBOURS >> reason & 1)
		return PUNT_CLASS_NEIGHBOURS;
	return PUNT_REASONS_GLEAN >> reason & 1 ? PUNT_CLASS_GLEAN : PUNT_CLASS_ANSWERS;
}

/* What a packet for the controller is charged to: `kind` and `id` of a bucket's key */
enum punt_source { PUNT_SOURCE_CIRCUIT = 1, PUNT_SOURCE_VRF = 2, PUNT_SOURCE_LSP = 3, PUNT_SOURCE_ANY = 4,
		   SOURCE_OF_MOVES = 5 };

/* A number for the outermost two labels, the tunnel's and the service's: a transit LSR cannot tell customers
 * apart by more. */
static __always_inline __u32 number_of_lsp(struct __sk_buff *skb)
{
	__be32 entries[2] = {};
	__u32 outer, inner;

	if (bpf_skb_load_bytes(skb, ETHERNET_OCTETS, entries, sizeof(entries)))
		return 0;
	outer = bpf_ntohl(entries[0]);
	inner = outer & ENTRY_BOTTOM ? 0 : bpf_ntohl(entries[1]);
	return (entry_label(outer) + 31 * entry_label(inner)) % PUNT_LSPS;
}

static __always_inline struct bucket_key bucket_of(struct __sk_buff *skb, __u32 lsr, __u32 number,
						   enum punt_reason reason, __u32 service)
{
	struct bucket_key key = {.lsr = lsr, .class = class_of_punt(reason)};
	__u32 ifindex = skb->ifindex;
	struct port *port = bpf_map_lookup_elem(&ports, &ifindex);

	if (port && (port->role == ROLE_VRF || port->role == ROLE_LINE)) {
		key.kind = PUNT_SOURCE_CIRCUIT; /* not the VRF: an extranet may have led it into another's */
		key.id = number;
	} else if (service) {
		key.kind = PUNT_SOURCE_VRF;
		key.id = service;
	} else {
		key.kind = PUNT_SOURCE_LSP;
		key.id = number_of_lsp(skb);
	}
	return key;
}

/* Take a token from a bucket; return how many there were, 0 if there was none. */
static __always_inline __u64 take(const struct bucket_key *key, __u64 now, __u64 per_second, __u64 burst)
{
	const __u64 token_ns = SECOND_NS / per_second, whole_ns = burst * token_ns;
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, key);
	__u64 left_ns;

	if (!bucket) {
		struct bucket full = {};

		bpf_map_update_elem(&buckets, key, &full, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&buckets, key);
		if (!bucket)
			return 0;
	}
	bpf_spin_lock(&bucket->lock);
	if (bucket->full_ns < now)
		bucket->full_ns = now;
	left_ns = bucket->full_ns - now < whole_ns ? whole_ns - (bucket->full_ns - now) : 0;
	if (left_ns >= token_ns)
		bucket->full_ns += token_ns;
	bpf_spin_unlock(&bucket->lock);
	return left_ns / token_ns;
}

/* Whether the rate limits allow one more packet of a source; `number` is that of the port it came by. */
VERIFIED_PER_CALL int may_punt(struct __sk_buff *skb, __u32 lsr, __u32 number, enum punt_reason reason,
			       __u32 service)
{
	struct bucket_key key = bucket_of(skb, lsr, number, reason, service);
	__u64 now = bpf_ktime_get_ns(), left = take(&key, now, SOURCE_PUNTS_PER_S, SOURCE_PUNTS_BURST);

	if (2 * left > SOURCE_PUNTS_BURST)
		return 1;
	key.kind = PUNT_SOURCE_ANY;
	key.id = 0;
	return left && take(&key, now, LSR_PUNTS_PER_S, LSR_PUNTS_BURST);
}
