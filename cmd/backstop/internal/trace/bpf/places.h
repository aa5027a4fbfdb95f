/* What is counted and limited by place, and which panics are open. */
#ifndef BACKSTOP_PLACES_H
#define BACKSTOP_PLACES_H

#include "maps.h"

static inline_always struct count *count(struct record *rec, u32 exe, u64 recoverer)
{
	struct count_key key = {};
	struct count zero = {};

	key.exe = exe;
	key.kind = rec->h.kind;
	key.site = rec->h.site;
	key.recoverer = recoverer;
	struct count *c = map_lookup(&counts, &key);

	if (!c) {
		map_update(&counts, &key, &zero, NOEXIST);
		c = map_lookup(&counts, &key);
	}
	if (!c) { /* the last place of the map is for all those without one */
		lose(LOST_COUNTS_FULL);
		__builtin_memset(&key, 0, sizeof(key));
		c = map_lookup(&counts, &key);
		if (!c)
			return 0;
	}
	rec->h.seen = __sync_fetch_and_add(&c->seen, 1) + 1;
	return c;
}

/* allowed takes a token: the time at which the bucket would be full again moves
 * on by one interval for each record. */
static inline_always int allowed(struct count *c, u64 now)
{
	if (interval_ns == 0)
		return 1;
	u64 old = c->full_at;
	u64 from = old > now ? old : now;

	if (from - now + interval_ns > burst_ns)
		return 0;
	return __sync_val_compare_and_swap(&c->full_at, old, from + interval_ns) == old;
}

static inline_always void emit(struct slot *s, struct count *c, u64 wake)
{
	struct record *rec = (struct record *)s->out;
	u64 now = rec->h.time, off = s->off;

	rec->h.size = off;
	current_comm(rec->h.comm, sizeof(rec->h.comm)); /* for what is sent alone: it costs */
	if (wake != RB_FORCE_WAKEUP && now - last_wake > WAKE_NS) {
		last_wake = now;
		wake = RB_FORCE_WAKEUP;
	}
	BOUND(off, OUT_MASK);
	if (ringbuf_output(&ring, s->out, off, wake)) {
		lose(LOST_RING_FULL);
		__sync_fetch_and_add(&c->lost, 1);
		if (interval_ns) /* the place gets another chance */
			__sync_fetch_and_add(&c->full_at, -interval_ns);
		return;
	}
	__sync_fetch_and_add(&c->sent, 1);
}

static inline_always void empty(struct open *o)
{
	o->n = 0;
	o->kept = 0;
	o->lost_flags = 0;
}

/* opened returns the open panics of a goroutine, none of which are older than it. */
static inline_always struct open *opened(u64 g, u64 goid, int make)
{
	struct open_key key = {};
	u32 zero = 0;

	key.tgid = current_pid_tgid() >> 32;
	key.g = g;
	struct open *o = map_lookup(&opens, &key);

	if (!o && make) {
		void *empty = map_lookup(&nothing_open, &zero);

		if (empty)
			map_update(&opens, &key, empty, ANY);
		o = map_lookup(&opens, &key);
	}
	if (o && goid && o->goid != goid) {
		o->goid = goid;
		empty(o);
	}
	return o;
}

/* newest is where the newest open panic of a goroutine stands; when it is lost,
 * something that has ended does, of which only who recovers is true. */
static inline_always struct opening *newest(struct open *o)
{
	u64 k = o->n - 1;

	BOUND(k, MAX_OPEN - 1);
	return &o->e[k];
}

/* ended takes the newest one away. */
static inline_always void ended(struct open *o)
{
	struct opening *e = newest(o);

	e->recoverer[0] = 0;
	e->recoverer[1] = 0;
	o->n--;
	if (o->n == 0)
		empty(o);
	else if (o->n < o->kept)
		o->kept = o->n;
}

/* replaced says of a panic, or an exit, that it comes from a function that has
 * recovered another panic and does not return: then there is no recovery. */
static inline_always void replaced(struct record *rec, const struct opening *e)
{
	if (!e->recoverer[0])
		return;
	rec->h.since = e->time;
	rec->h.recoverer[0] = e->recoverer[0];
	rec->h.recoverer[1] = e->recoverer[1];
	rec->h.recoverers = 2;
}

/* begin notes a panic, or a Goexit, which ends only with its goroutine. Depths are
 * distances from the top of the stack, for stacks move. */
static inline_always void begin(struct record *rec, u64 before, u64 depth, u32 flags)
{
	struct open *o = opened(rec->h.g, rec->h.goid, 1);

	if (!o)
		return;
	/* What the runtime knows nothing of has ended while nobody watched; what is
	 * not further out has ended without a recovery. */
	if (!before)
		empty(o);
	for (int i = 0; i < MAX_OPEN; i++) {
		if (o->n <= o->kept || newest(o)->depth < depth)
			break;
		ended(o);
	}
	if (o->n > o->kept)
		replaced(rec, newest(o));
	o->n++;
	struct opening *e = newest(o);

	if (o->n - o->kept > MAX_OPEN) {
		o->kept++;
		o->lost_flags |= e->flags;
		lose(LOST_NESTED);
	}
	e->depth = depth;
	e->time = rec->h.time;
	e->site = rec->h.site;
	e->type = rec->h.type;
	e->data = rec->h.data;
	e->recoverer[0] = 0;
	e->recoverer[1] = 0;
	e->flags = flags;
}

#endif
