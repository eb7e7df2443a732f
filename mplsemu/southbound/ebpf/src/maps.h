/* The maps of layout.h, and those that only the program uses. */
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LAZILY __uint(map_flags, BPF_F_NO_PREALLOC) /* memory for entries as they come */

#define MAP(name, map_type, most, key_type, value_type, flags)                                               \
	struct {                                                                                             \
		__uint(type, map_type);                                                                      \
		__uint(max_entries, most);                                                                   \
		flags;                                                                                       \
		__type(key, key_type);                                                                       \
		__type(value, value_type);                                                                   \
	} name SEC(".maps")

#define HASH(name, most, key, value) MAP(name, BPF_MAP_TYPE_HASH, most, key, value, LAZILY)
#define LPM_TRIE(name, most, key, value) MAP(name, BPF_MAP_TYPE_LPM_TRIE, most, key, value, LAZILY)
#define ARRAY(name, most, key, value) MAP(name, BPF_MAP_TYPE_ARRAY, most, key, value, )
/* Preallocated: allocating per-CPU memory entry by entry is slow. */
#define PERCPU_HASH(name, most, key, value) MAP(name, BPF_MAP_TYPE_PERCPU_HASH, most, key, value, )
/* Preallocated: where it is used, an allocation must not fail. */
#define PREALLOCATED_HASH(name, most, key, value) MAP(name, BPF_MAP_TYPE_HASH, most, key, value, )

#define SECOND_NS 1000000000ull

#define RINGBUF(name, octets)                                                                                \
	struct {                                                                                             \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                          \
		__uint(max_entries, octets);                                                                 \
	} name SEC(".maps")

#include "layout.h"

/* The address in each slot of a VSI, and the slot that the next one takes (eviction.h) */
struct slot_key {
	__u32 lsr;
	__u32 vsi;
	__u32 slot;
};
struct slot_owner {
	__u8 mac[6];
	__u8 reserved[2];
};
struct ring {
	struct bpf_spin_lock lock;
	__u32 next;
};
HASH(fdb_slots, 1 << 20, struct slot_key, struct slot_owner);
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
	__u64 full_ns; /* time when the bucket will be full again */
};
PREALLOCATED_HASH(buckets, 1 << 14, struct bucket_key, struct bucket);

/* What each circuit may have flooded (storm.h) */
struct storm_key {
	__u32 lsr;
	__u32 port;
};
HASH(storm_buckets, 1 << 16, struct storm_key, struct bucket);

static __always_inline struct settings *lab_settings(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&settings, &only);
}
