/* Storm control: how much broadcast, multicast and unknown unicast a circuit of a VSI may have flooded. The numbers
 * are those of storm_control.py. */
#pragma once

#include "count.h"
#include "maps.h"
#include "packet.h"

/* Whether a circuit may have a frame flooded. A frame passes while there is a token left, and then takes as many as
 * it has bits: so one that is larger than the whole bucket passes too, and is paid for later. */
static __always_inline int is_within_storm_rate(struct __sk_buff *skb, struct storm_key key, __u64 bps)
{
	__u64 now = bpf_ktime_get_ns(), bits = 8ull * skb->len, burst = bps / STORM_BURSTS_PER_S, is_within;
	struct bucket *bucket = bpf_map_lookup_elem(&storm_buckets, &key);

	if (burst < STORM_LEAST_BURST_BITS)
		burst = STORM_LEAST_BURST_BITS;
	if (!bucket) {
		struct bucket full = {};

		bpf_map_update_elem(&storm_buckets, &key, &full, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&storm_buckets, &key);
		if (!bucket)
			return 1;
	}
	burst = burst * SECOND_NS / bps;
	bits = bits * SECOND_NS / bps;
	bpf_spin_lock(&bucket->lock);
	if (bucket->full_ns < now)
		bucket->full_ns = now;
	is_within = bucket->full_ns - now < burst;
	if (is_within)
		bucket->full_ns += bits;
	bpf_spin_unlock(&bucket->lock);
	return is_within;
}

/* Whether a frame that is to be flooded exceeds its circuit's rate; it is counted by circuit then. */
VERIFIED_PER_CALL int is_storm(struct __sk_buff *skb, __u32 lsr, __u32 circuit, __u32 kbps)
{
	struct storm_key key = {lsr, circuit & 0xffff}; /* of a delimited circuit its own number */
	struct port *port;

	if (!is_delimited(circuit)) {
		port = bpf_map_lookup_elem(&ports, &circuit);
		if (!port)
			return 0;
		key.port = port->number;
	}
	if (is_within_storm_rate(skb, key, 1000ull * kbps))
		return 0;
	count(skb, lsr, COUNT_STORM, key.port);
	return 1;
}
