/* Eviction from a VSI's FDB that has used its share: the oldest address goes first.
 *
 * A VSI has a ring of as many slots as its share, and uses the next one for every new address. */
#pragma once

#include "maps.h"
#include "packet.h"

/* Return the next slot of a VSI's ring; -1 if an allocation fails. */
static __always_inline __s64 next_slot(const struct vsi_key *vsi, __u32 share)
{
	struct ring *ring = bpf_map_lookup_elem(&fdb_rings, vsi);
	__u32 slot;

	if (!ring) {
		struct ring none = {};

		bpf_map_update_elem(&fdb_rings, vsi, &none, BPF_NOEXIST);
		ring = bpf_map_lookup_elem(&fdb_rings, vsi);
		if (!ring)
			return -1;
	}
	bpf_spin_lock(&ring->lock);
	slot = ring->next < share ? ring->next : 0;
	ring->next = slot + 1;
	bpf_spin_unlock(&ring->lock);
	return slot;
}

/* Take a slot for a new address and evict its owner; -1 if an allocation fails. */
VERIFIED_PER_CALL __s64 take_slot(const struct fdb_key *entry, __u32 share)
{
	struct vsi_key vsi = {entry->lsr, entry->vsi};
	struct slot_key key = {entry->lsr, entry->vsi};
	struct slot_owner owner = {}, *before;
	__s64 slot = next_slot(&vsi, share);

	if (slot < 0)
		return -1;
	key.slot = slot;
	before = bpf_map_lookup_elem(&fdb_slots, &key);
	if (before) {
		struct fdb_key old = {entry->lsr, entry->vsi};
		struct fdb_entry *found;

		__builtin_memcpy(old.mac, before->mac, MAC_OCTETS);
		found = bpf_map_lookup_elem(&fdb, &old);
		/* unless it has aged out since, and was learned again in another slot */
		if (found && found->slot == slot)
			bpf_map_delete_elem(&fdb, &old);
	}
	__builtin_memcpy(owner.mac, entry->mac, MAC_OCTETS);
	return bpf_map_update_elem(&fdb_slots, &key, &owner, BPF_ANY) ? -1 : slot;
}
