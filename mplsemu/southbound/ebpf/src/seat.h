/* Who has to go where a VSI has learned as much as its share: whoever came first.
 *
 * A VSI has as many seats as its share says, and takes one after the other, in a circle, for every address that is new to it. */
#pragma once

#include "maps.h"
#include "packet.h"

/* The next seat of a VSI; -1 if there is no memory at hand. */
static __always_inline __s64 next_seat(const struct vsi_key *vsi, __u32 share)
{
	struct seating *seating = bpf_map_lookup_elem(&seatings, vsi);
	__u32 seat;

	if (!seating) {
		struct seating none = {};

		bpf_map_update_elem(&seatings, vsi, &none, BPF_NOEXIST);
		seating = bpf_map_lookup_elem(&seatings, vsi);
		if (!seating)
			return -1;
	}
	bpf_spin_lock(&seating->lock);
	seat = seating->next < share ? seating->next : 0;
	seating->next = seat + 1;
	bpf_spin_unlock(&seating->lock);
	return seat;
}

/* Take a seat for a new address, from whoever still has it; -1 if there is no memory at hand. */
SEPARATE __s64 take_seat(const struct station_key *station, __u32 share)
{
	struct vsi_key vsi = {station->router, station->vsi};
	struct seat_key key = {station->router, station->vsi};
	struct seat_owner owner = {}, *before;
	__s64 seat = next_seat(&vsi, share);

	if (seat < 0)
		return -1;
	key.seat = seat;
	before = bpf_map_lookup_elem(&seats, &key);
	if (before) {
		struct station_key old = {station->router, station->vsi};
		struct station *found;

		__builtin_memcpy(old.mac, before->mac, MAC_OCTETS);
		found = bpf_map_lookup_elem(&fdb, &old);
		if (found && found->seat == seat) /* else it has aged, and come back to another */
			bpf_map_delete_elem(&fdb, &old);
	}
	__builtin_memcpy(owner.mac, station->mac, MAC_OCTETS);
	return bpf_map_update_elem(&seats, &key, &owner, BPF_ANY) ? -1 : seat;
}
