"""Maps of a loaded program: hash tables and ring buffers; keys and values are bytes.

A process that did not load the program opens them by their ids. Nothing is pinned to a file system,
so nothing is left behind when the last process that holds them ends.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from ctypes import byref, c_uint32
from functools import lru_cache
from types import TracebackType
from typing import Final, Self

from mplsemu.southbound.ebpf.libbpf import (
    ENOTSUPP,
    BatchOptions,
    MapInfo,
    SampleCallback,
    failure,
    library,
)

_BATCH: Final = 4096
_PER_CPU_TYPES: Final = frozenset({5, 6, 10})  # BPF_MAP_TYPE_PERCPU_HASH, _ARRAY, LRU_PERCPU_HASH
_NO_BATCH: Final = frozenset({ENOTSUPP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})
_OCTETS_OF_LONG: Final = 8
_MOMENT_S: Final = 0.001
_PATIENCE_S: Final = 2.0


class _Patience:
    """Retries on ENOMEM: the kernel refills its per-CPU pools asynchronously.

    Entries of maps that are not preallocated come from these pools.
    """

    def __init__(self) -> None:
        self._deadline = time.monotonic() + _PATIENCE_S

    def waited(self) -> bool:
        """Wait a moment; False after the deadline."""
        time.sleep(_MOMENT_S)
        return time.monotonic() < self._deadline


class Map:
    """A map in the kernel.

    Args:
        fd: a descriptor of the map, which is closed with this object.

    Attributes:
        name: in the program.
        id: by which another process opens it.
        fd: the descriptor.
        key_size: octets of a key.
        value_size: octets of a value; of a per-CPU map, for one CPU.

    Raises:
        DataPlaneError: of every method: the kernel refuses.
    """

    def __init__(self, fd: int) -> None:
        self._library = library()
        info, size = MapInfo(), c_uint32(ctypes.sizeof(MapInfo))
        if self._library.bpf_obj_get_info_by_fd(fd, byref(info), byref(size)):
            number = ctypes.get_errno()
            os.close(fd)
            raise failure("ask the kernel about a map", number)
        self.fd = fd
        self.name: Final[str] = info.name.decode()
        self.id: Final[int] = info.id
        self.key_size: Final[int] = info.key_size
        self.value_size: Final[int] = info.value_size
        self._capacity: Final[int] = info.max_entries
        self._cpus: Final = _possible_cpus() if info.type in _PER_CPU_TYPES else 0
        per_cpu = -(-self.value_size // _OCTETS_OF_LONG) * _OCTETS_OF_LONG
        self._whole: Final[int] = per_cpu * self._cpus if self._cpus else self.value_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the map; a second call does nothing."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def get(self, key: bytes) -> bytes | None:
        """Return a value, of a per-CPU map those of all CPUs in a row; None if not there."""
        value = ctypes.create_string_buffer(self._whole)
        if self._library.bpf_map_lookup_elem(self.fd, self._key(key), value):
            if ctypes.get_errno() == errno.ENOENT:
                return None
            raise self._failure("read")
        return value.raw

    def set(self, key: bytes, value: bytes) -> None:
        """Create or overwrite an entry; of a per-CPU map, the first CPU's, and the others get 0."""
        key, value = self._key(key), self._value(value)
        patience = _Patience()
        while self._library.bpf_map_update_elem(self.fd, key, value, 0):
            if ctypes.get_errno() != errno.ENOMEM or not patience.waited():
                raise self._failure("write")

    def delete(self, key: bytes) -> bool:
        """Delete an entry; False if there was none."""
        if self._library.bpf_map_delete_elem(self.fd, self._key(key)) == 0:
            return True
        if ctypes.get_errno() == errno.ENOENT:
            return False
        raise self._failure("delete from")

    def keys(self) -> Iterator[bytes]:
        """Yield every key; concurrent additions and deletions may be missed."""
        return (key for key, _ in self.items())

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every entry, with its value as `get` returns it."""
        size, options = _BATCH, BatchOptions(ctypes.sizeof(BatchOptions))
        before: ctypes.Array[ctypes.c_char] | None = None
        while True:
            keys = ctypes.create_string_buffer(size * self.key_size)
            values = ctypes.create_string_buffer(size * self._whole)
            after = ctypes.create_string_buffer(max(self.key_size, _OCTETS_OF_LONG))
            count = c_uint32(size)
            failed = self._library.bpf_map_lookup_batch(
                self.fd, before, after, keys, values, byref(count), byref(options)
            )
            number = ctypes.get_errno() if failed else 0
            if number == errno.ENOSPC:  # a bucket has more keys than there is room for
                size *= 2
                continue
            if before is None and number in _NO_BATCH:
                yield from self._items_one_by_one()
                return
            if number not in {0, errno.ENOENT}:
                raise self._failure("read", number)
            for at in range(count.value):
                key = keys.raw[at * self.key_size : (at + 1) * self.key_size]
                yield key, values.raw[at * self._whole : (at + 1) * self._whole]
            if number == errno.ENOENT:
                return
            before = after

    def _items_one_by_one(self) -> Iterator[tuple[bytes, bytes]]:
        before: bytes | None = None
        after = ctypes.create_string_buffer(self.key_size)
        while not self._library.bpf_map_get_next_key(self.fd, before, after):
            before = after.raw
            value = self.get(before)
            if value is not None:
                yield before, value
        if ctypes.get_errno() != errno.ENOENT:
            raise self._failure("read")

    def set_many(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Create or overwrite entries, in batches where the kernel can."""
        pending, patience = list(entries), _Patience()
        while pending:
            batch = pending[:_BATCH]
            keys = b"".join(self._key(key) for key, _ in batch)
            values = b"".join(self._value(value) for _, value in batch)
            count, options = c_uint32(len(batch)), BatchOptions(ctypes.sizeof(BatchOptions))
            failed = self._library.bpf_map_update_batch(
                self.fd, keys, values, byref(count), byref(options)
            )
            number = ctypes.get_errno() if failed else 0
            if number in _NO_BATCH:
                for key, value in pending:
                    self.set(key, value)
                return
            if number == errno.ENOMEM:
                if count.value:
                    patience = _Patience()
                elif not patience.waited():
                    raise self._failure("write", number)
            elif number:
                raise self._failure("write", number)
            pending = pending[count.value :]

    def delete_many(self, keys: Iterable[bytes]) -> int:
        """Delete entries, in batches where the kernel can; return how many existed."""
        pending, deleted = list(keys), 0
        while pending:
            batch = pending[:_BATCH]
            count, options = c_uint32(len(batch)), BatchOptions(ctypes.sizeof(BatchOptions))
            joined = b"".join(map(self._key, batch))
            failed = self._library.bpf_map_delete_batch(
                self.fd, joined, byref(count), byref(options)
            )
            number = ctypes.get_errno() if failed else 0
            if number in _NO_BATCH:
                return deleted + sum(map(self.delete, pending))
            if number not in {0, errno.ENOENT}:
                raise self._failure("delete from", number)
            deleted += count.value
            # the kernel stops at a key that is not there
            pending = pending[count.value + bool(number) :]
        return deleted

    def sums(self, key: bytes) -> tuple[int, ...] | None:
        """Return the 64-bit numbers of a value, each the sum over all CPUs; None if not there."""
        value = self.get(key)
        return None if value is None else self._summed(value)

    def all_sums(self) -> Iterator[tuple[bytes, tuple[int, ...]]]:
        """Yield every key with the 64-bit numbers of its value, each the sum over all CPUs."""
        return ((key, self._summed(value)) for key, value in self.items())

    def _summed(self, value: bytes) -> tuple[int, ...]:
        width = self.value_size // _OCTETS_OF_LONG
        numbers = struct.unpack(f"={len(value) // _OCTETS_OF_LONG}Q", value)
        return tuple(sum(numbers[at::width]) for at in range(width))

    def _key(self, key: bytes) -> bytes:
        if len(key) != self.key_size:
            raise ValueError(f"a key of {self.name} has {self.key_size} octets, not {len(key)}")
        return key

    def _value(self, value: bytes) -> bytes:
        if len(value) != self.value_size:
            size = self.value_size
            raise ValueError(f"a value of {self.name} has {size} octets, not {len(value)}")
        return value.ljust(self._whole, b"\0")

    def _failure(self, verb: str, number: int | None = None) -> Exception:
        number = ctypes.get_errno() if number is None else number
        full = f"it holds at most {self._capacity:,} entries" if number == errno.E2BIG else ""
        return failure(f"{verb} the data plane's map {self.name!r}", number, full)


def open_map(number: int) -> Map:
    """Open a map by its id.

    Raises:
        DataPlaneError: there is no map of that id: its last holder has ended.
        NotRootError: this process may not.
    """
    fd = library().bpf_map_get_fd_by_id(number)
    if fd < 0:
        gone = "the lab that made it has ended"
        raise failure(f"open the data plane's map {number}", ctypes.get_errno(), gone)
    return Map(fd)


@lru_cache(maxsize=1)
def _possible_cpus() -> int:
    number = int(library().libbpf_num_possible_cpus())
    if number < 1:  # negative numbers are errors, as everywhere in libbpf
        remedy = "/sys is needed; type: mount -t sysfs sysfs /sys"
        raise failure("find out how many CPUs there may be", number, remedy)
    return number


class RingBuffer:
    """The reader of a map of ring buffer type; one process at a time may read one.

    Args:
        source: the map; it must stay open.
        callback: called with every record.
    """

    def __init__(self, source: Map, callback: Callable[[bytes], None]) -> None:
        self._library = library()
        self._callback = callback
        self._error: BaseException | None = None
        self._on_record = SampleCallback(self._take)  # libbpf keeps no reference to it
        self._buffer = self._library.ring_buffer__new(source.fd, self._on_record, None, None)
        number = self._library.libbpf_get_error(self._buffer)
        if not self._buffer or number:
            self._buffer = None
            number = number or ctypes.get_errno()
            raise failure(f"listen to the data plane's map {source.name!r}", number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """Return a descriptor that is readable when there are records."""
        return int(self._library.ring_buffer__epoll_fd(self._buffer))

    def poll(self, timeout_s: float) -> int:
        """Wait for records and pass all that there are to the callback; return how many.

        Raises:
            DataPlaneError: the kernel refuses.
            BaseException: from the callback; the records after that one stay in the ring.
        """
        return self._taken(self._library.ring_buffer__poll(self._buffer, round(timeout_s * 1000)))

    def _taken(self, count: int) -> int:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        if count < 0 and -count != errno.EINTR:
            raise failure("listen to the data plane", count)
        return max(0, int(count))

    def consume(self) -> int:
        """Pass all records that there are to the callback, without waiting; return how many.

        Raises:
            DataPlaneError: the kernel refuses.
            BaseException: from the callback; the records after that one stay in the ring.
        """
        return self._taken(self._library.ring_buffer__consume(self._buffer))

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        if self._buffer:
            self._library.ring_buffer__free(self._buffer)
            self._buffer = None

    def _take(self, _context: int | None, data: int, size: int) -> int:
        try:
            self._callback(ctypes.string_at(data, size))
        except BaseException as error:  # noqa: BLE001 C code is in between: poll raises it
            self._error = error
            return -1
        return 0
