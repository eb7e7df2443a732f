/* The maps of layout.h, and some of the program's own. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "layout.h"

#define MANY (1 << 20)
#define LAZILY __uint(map_flags, BPF_F_NO_PREALLOC) /* memory for what is there, not for what could be */

#define HASH(name, most, key_type, value_type)                                                                \
	struct {                                                                                              \
		__uint(type, BPF_MAP_TYPE_HASH);                                                              \
		__uint(max_entries, most);                                                                    \
		LAZILY;                                                                                       \
		__type(key, key_type);                                                                        \
		__type(value, value_type);                                                                    \
	} name SEC(".maps")

#define LONGEST_PREFIX(name, most, key_type)                                                                  \
	struct {                                                                                              \
		__uint(type, BPF_MAP_TYPE_LPM_TRIE);                                                          \
		__uint(max_entries, most);                                                                    \
		LAZILY;                                                                                       \
		__type(key, key_type);                                                                        \
		__type(value, struct route);                                                                  \
	} name SEC(".maps")

HASH(ports, 1 << 16, __u32, struct port);
HASH(lfib, MANY, struct ilm_key, struct ilm);
HASH(tunnels, MANY / 4, struct tunnel_key, struct tunnel);
HASH(ecmp_nhlfes, MANY / 4, struct nhlfe_key, struct nhlfe);
LONGEST_PREFIX(fib4, MANY, struct fib4_key);
LONGEST_PREFIX(fib6, MANY / 4, struct fib6_key);
HASH(gateways, 1 << 16, struct gateway_key, __u32);
HASH(vsis, 1 << 16, struct vsi_key, struct vsi);
HASH(circuits, 1 << 16, struct member_key, __u32);
HASH(pws, 1 << 18, struct member_key, struct pw);
/* Which address has a slot of a VSI (eviction.h) */
struct slot_key {
	__u32 lsr;
	__u32 vsi;
	__u32 slot;
};
struct slot_owner {
	__u8 mac[6];
	__u8 reserved[2];
};

HASH(fdb, MANY, struct fdb_key, struct fdb_entry);
HASH(fdb_slots, MANY, struct slot_key, struct slot_owner);
HASH(fdb_added, 1 << 16, struct vsi_key, __u64);
HASH(fdb_removed, 1 << 16, struct vsi_key, __u64);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1 << 16); /* all there from the start: memory for each CPU, a piece at a time, takes long */
	__type(key, struct counter_key);
	__type(value, struct counter);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} punts SEC(".maps");

/* The slot that the next address of a VSI takes (eviction.h) */
struct ring {
	struct bpf_spin_lock lock;
	__u32 next;
};
HASH(fdb_rings, 1 << 16, struct vsi_key, struct ring);

/* How many packets the controller may have, and of whom (bucket.h) */
struct bucket_key {
	__u32 lsr;
	__u16 class; /* enum punt_class */
	__u16 kind;  /* enum punt_source */
	__u32 id;
};
struct bucket {
	struct bpf_spin_lock lock;
	__u32 reserved;
	__u64 full_ns; /* when as many packets as one burst would have been earned again */
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 14); /* all there from the start: here is no place to wait for memory */
	__type(key, struct bucket_key);
	__type(value, struct bucket);
} buckets SEC(".maps");

static __always_inline struct settings *lab_settings(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&settings, &only);
}
