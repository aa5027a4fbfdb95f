/* What the programs keep: configuration, maps, and the buffers they work in. */
#ifndef BACKSTOP_MAPS_H
#define BACKSTOP_MAPS_H

#include "kernel.h"
#include "wire.h"

/* Set before the programs are loaded. */
const volatile u64 interval_ns = 0; /* between full records of one place; 0 is no limit */
const volatile u64 burst_ns = 0;    /* interval times the records that may come at once */
const volatile u32 slots_count = 1;

struct {
	MAP_UINT(type, MAP_RINGBUF);
	MAP_UINT(max_entries, 4096);
} ring SEC(".maps");

/* An array, because finding something in it costs next to nothing. */
struct {
	MAP_UINT(type, MAP_ARRAY);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct executable);
	MAP_UINT(max_entries, EXECUTABLES);
} executables SEC(".maps");

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_TYPE(key, struct count_key);
	MAP_TYPE(value, struct count);
	MAP_UINT(max_entries, 1);
} counts SEC(".maps");

/* The least recently used goes first, so that goroutines which ended during a
 * panic leave nothing behind. */
struct {
	MAP_UINT(type, MAP_LRU_HASH);
	MAP_TYPE(key, struct open_key);
	MAP_TYPE(value, struct open);
	MAP_UINT(max_entries, 1);
} opens SEC(".maps");

struct {
	MAP_UINT(type, MAP_ARRAY);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct open);
	MAP_UINT(max_entries, 1);
} nothing_open SEC(".maps");

struct {
	MAP_UINT(type, MAP_ARRAY);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct slot);
	MAP_UINT(max_entries, 1);
} slots SEC(".maps");

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
	MAP_UINT(max_entries, 1024);
} stopped SEC(".maps");

struct {
	MAP_UINT(type, MAP_ARRAY);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
	MAP_UINT(max_entries, LOSSES);
} losses SEC(".maps");

u64 last_wake = 0;

static inline_always void lose(u32 what)
{
	u64 *n = map_lookup(&losses, &what);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* claim takes a scratch buffer. Where the kernel is fully preemptible, a probe can
 * be interrupted by another one on the same processor, so that a buffer belongs to
 * who has set its flag. */
static inline_always struct slot *claim(void)
{
	u32 first = current_cpu() * SLOTS_PER_CPU;

	for (int i = 0; i < SLOTS_TRIED; i++) {
		u32 k = first + i;

		if (k >= slots_count)
			k -= slots_count;
		struct slot *s = map_lookup(&slots, &k);

		if (s && !__sync_lock_test_and_set(&s->claimed, 1))
			return s;
	}
	return 0;
}

static inline_always void release(struct slot *s)
{
	__sync_lock_test_and_set(&s->claimed, 0);
}

static inline_always u64 word(const u8 *b, u64 offset)
{
	BOUND(offset, STRUCT_MASK);
	return *(const u64 *)(b + offset);
}

#endif
