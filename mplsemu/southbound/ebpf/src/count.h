/* Counters, and dropping packets. */
#pragma once

#include "maps.h"
#include "packet.h"

static __always_inline void add(struct __sk_buff *skb, struct counter *counter)
{
	counter->packets += skb->gso_segs ?: 1;
	counter->octets += skb->len;
}

static __always_inline void count(struct __sk_buff *skb, __u32 lsr, enum counter_kind kind, __u32 id)
{
	struct counter_key key = {lsr, kind, id};
	struct counter *counter = bpf_map_lookup_elem(&counters, &key);

	if (counter)
		add(skb, counter);
}

VERIFIED_PER_CALL int drop(struct __sk_buff *skb, __u32 lsr, enum drop why)
{
	struct counter_key key = {lsr, COUNT_DROP, why};
	struct counter *counter = bpf_map_lookup_elem(&counters, &key);

	if (!counter) {
		struct counter none = {};

		bpf_map_update_elem(&counters, &key, &none, BPF_NOEXIST);
		counter = bpf_map_lookup_elem(&counters, &key);
	}
	if (counter)
		add(skb, counter);
	return TC_ACT_SHOT;
}
