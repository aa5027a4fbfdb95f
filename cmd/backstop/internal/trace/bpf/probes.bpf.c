//go:build ignore

/* The programs behind the probes of a Go program. One program serves all sites of
 * all executables: the attach cookie says which kind of site it is and which
 * executable, and a map holds where that executable's runtime has its fields.
 *
 * Nothing here is trusted: addresses come from a process that may be damaged or
 * hostile. Every read is bounded, and what cannot be read is left out. */

#include "kernel.h"
#include "wire.h"

char program_license[] SEC("license") = "Dual BSD/GPL";

/* Set before the programs are loaded. */
const volatile u64 interval_ns = 0; /* between full records of one place; 0 is no limit */
const volatile u64 burst_ns = 0;    /* interval times the records that may come at once */
const volatile u32 slots_count = 1;

struct {
	MAP_UINT(type, MAP_RINGBUF);
	MAP_UINT(max_entries, 4096);
} ring SEC(".maps");

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct executable);
	MAP_UINT(max_entries, 4096);
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

/* claim takes a scratch buffer. A probe can be preempted by another one on the
 * same processor, so that a buffer belongs to who has set its flag. */
static inline_always struct slot *claim(void)
{
	u32 first = current_cpu() * SLOTS_PER_CPU;

	for (int i = 0; i < 2 * SLOTS_PER_CPU; i++) {
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

/* piece appends memory of the process to the record. Where less than all of it is
 * there, as at the end of what is mapped, it is what stands in the same page. */
static inline_always void piece(struct slot *s, u64 addr, u64 n)
{
	u64 at = s->off, len = n;

	if (len > MAX_PIECE)
		len = MAX_PIECE;
	if (len == 0 || at + sizeof(struct item) + MAX_PIECE > OUT_MASK)
		return;
	BOUND(at, OUT_MASK);
	BOUND(len, 0xfff);
	struct item *item = (struct item *)(s->out + at);

	if (read_user(item + 1, len, (void *)addr)) {
		u64 page = 4096 - (addr & 4095);

		if (page >= len)
			return;
		len = page;
		BOUND(len, 0xfff);
		if (read_user(item + 1, len, (void *)addr))
			return;
	}
	item->addr = addr;
	item->len = len;
	item->used = 0;
	item->what = ITEM_MEMORY;
	s->off = at + sizeof(struct item) + ((len + 7) & ~7ull);
}

static inline_always int is_pointer(u64 p)
{
	return p >= 4096 && p < (1ull << 47);
}

static inline_always void text(struct slot *s, u64 addr, u64 len, u64 most)
{
	if (is_pointer(addr) && len != 0 && len <= MAX_TEXT_LENGTH)
		piece(s, addr, len < most ? len : most);
}

/* strings appends what the pairs of words in a value refer to that look like
 * strings; where they look like interfaces, the beginning of what those hold. */
static inline_always void strings(struct slot *s, u64 most)
{
	struct record *rec = (struct record *)s->out;
	u64 *v = (u64 *)rec->value, *w = (u64 *)s->aux;

	s->followed = 0;
	for (int i = 0; i < VALUE_SIZE / 8 - 1; i++) {
		if (rec->value_item.used < 8 * (i + 2))
			break;
		text(s, v[i], v[i + 1], most);
		if (!is_pointer(v[i]) || !is_pointer(v[i + 1]) || s->followed >= MAX_FOLLOWED)
			continue;
		if (read_user(w, 24, (void *)v[i + 1]))
			continue;
		s->followed++;
		piece(s, v[i + 1], FOLLOWED_SIZE);
		text(s, w[0], w[1], VALUE_TEXT);
		text(s, w[1], w[2], VALUE_TEXT);
	}
}

/* labels appends the labels of a goroutine: a slice of pairs of strings
 * (runtime/pprof, label.go), a map before Go 1.24. */
static inline_always void labels(struct slot *s, const struct executable *exe, u64 at)
{
	u64 *w = (u64 *)s->aux;

	if (!is_pointer(at))
		return;
	if (exe->flags & EXE_LABEL_MAP) {
		u64 map = 0;

		if (read_user(&map, 8, (void *)at) || read_user(w, 48, (void *)map))
			return;
		u64 bucket = w[2];

		piece(s, at, 8);
		piece(s, map, 48);
		piece(s, bucket, BUCKET_SIZE);
		if (read_user(w, BUCKET_SIZE, (void *)bucket))
			return;
		for (int i = 0; i < 16; i++)
			if (s->aux[i & 7] >= 5) /* minTopHash */
				text(s, w[1 + 2 * i], w[2 + 2 * i], LABEL_TEXT);
		return;
	}
	if (read_user(w, 24, (void *)at))
		return;
	u64 list = w[0], n = w[1];

	piece(s, at, 24);
	if (n == 0 || !is_pointer(list))
		return;
	if (n > MAX_LABELS)
		n = MAX_LABELS;
	piece(s, list, n * 32);
	if (read_user(w, n * 32, (void *)list))
		return;
	for (int i = 0; i < 2 * MAX_LABELS; i++)
		if ((u64)i < 2 * n)
			text(s, w[2 * i], w[2 * i + 1], LABEL_TEXT);
}

/* on_stack says whether a frame pointer may be saved at bp. */
static inline_always int on_stack(const struct walk *w, u64 bp)
{
	return bp >= w->sp && bp + 16 <= w->hi && !(bp & 7);
}

/* step reads the frame at bp: the caller's frame pointer and the return address.
 * It returns 0 at the end of the chain. */
static inline_always u64 step(struct slot *s, u64 pair[2])
{
	u64 bp = s->w.bp;

	if (!on_stack(&s->w, bp) || read_user(pair, 16, (void *)bp))
		return 0;
	s->w.bp = pair[0] > bp ? pair[0] : 0;
	return pair[1];
}

/* step_copied is step where the stack has been copied. */
static inline_always u64 step_copied(struct slot *s)
{
	struct record *rec = (struct record *)s->out;
	u64 bp = s->w.bp, d = bp - s->w.sp, next;

	if (!on_stack(&s->w, bp) || bp + 16 > s->w.end)
		return 0;
	BOUND(d, STACK_COPY - 1);
	next = *(u64 *)(rec->stack + d);
	s->w.bp = next > bp ? next : 0;
	return *(u64 *)(rec->stack + d + 8);
}

static inline_always u64 mix(u64 hash, u64 pc)
{
	hash = (hash ^ pc) * 0x9e3779b97f4a7c15ull;
	return hash ^ (hash >> 29);
}

/* site is the hash of the innermost return addresses, as the file has them, so
 * that it is the same in all processes and runs. */
static inline_always void site(struct slot *s, u64 first)
{
	struct record *rec = (struct record *)s->out;
	u64 bp = s->w.bp, ret, pair[2];

	rec->h.site = mix(0, first - rec->h.bias);
	for (int i = 1; i < SITE_FRAMES; i++) {
		ret = step_copied(s);
		if (!ret)
			ret = step(s, pair);
		if (!ret)
			break;
		rec->h.site = mix(rec->h.site, ret - rec->h.bias);
	}
	s->w.bp = bp;
}

/* links appends the frame-pointer chain behind the copied stack. */
static inline_always void links(struct slot *s)
{
	struct record *rec = (struct record *)s->out;
	u64 start = s->off, pair[2], end;

	if (start + sizeof(struct item) + 16 > OUT_MASK)
		return;
	for (int i = 0; i < STACK_COPY / 16; i++)
		if (!step_copied(s))
			break;
	s->off = start + sizeof(struct item);
	for (int i = 0; i < MAX_LINKS; i++) {
		u64 bp = s->w.bp, at = s->off;

		if (at + 16 > OUT_MASK || !step(s, pair))
			break;
		BOUND(at, OUT_MASK);
		*(u64 *)(s->out + at) = bp;
		*(u64 *)(s->out + at + 8) = pair[1];
		s->off = at + 16;
	}
	end = s->off;
	if (on_stack(&s->w, s->w.bp))
		rec->h.flags |= FLAG_TRUNCATED;
	BOUND(start, OUT_MASK);
	struct item *item = (struct item *)(s->out + start);

	item->addr = 0;
	item->len = end - start - sizeof(struct item);
	item->used = 0;
	item->what = ITEM_LINKS;
}

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
		o->n = 0;
	}
	return o;
}

/* begin notes a panic, or a Goexit, which ends only with its goroutine. Depths are
 * distances from the top of the stack, for stacks move. */
static inline_always void begin(struct record *rec, u64 depth, u32 flags)
{
	struct open *o = opened(rec->h.g, rec->h.goid, 1);

	if (!o)
		return;
	u64 n = o->n;

	/* What is not further out has ended without a recovery. */
	for (int i = 0; i < MAX_OPEN; i++) {
		if (n == 0 || n > MAX_OPEN)
			break;
		u64 k = n - 1;

		BOUND(k, MAX_OPEN - 1);
		if (o->e[k].depth < depth)
			break;
		n--;
	}
	if (n >= MAX_OPEN) {
		n = MAX_OPEN - 1;
		lose(LOST_NESTED);
	}
	o->n = n + 1;
	BOUND(n, MAX_OPEN - 1);
	struct opening *e = &o->e[n];

	e->depth = depth;
	e->time = rec->h.time;
	e->site = rec->h.site;
	e->type = rec->h.type;
	e->data = rec->h.data;
	e->recoverer[0] = 0;
	e->recoverer[1] = 0;
	e->flags = flags;
}

/* caller reads who called gorecover, whose frame is not made before Go 1.26. */
static inline_always void caller(const struct pt_regs *r, const struct executable *exe, u64 *ret, u64 *bp)
{
	u64 pair[2] = {};

	if (exe->recover_frame) {
		read_user(pair, 16, (void *)r->bp);
		*bp = pair[0];
		*ret = pair[1];
		return;
	}
	read_user(&pair[1], 8, (void *)r->sp);
	*bp = r->bp;
	*ret = pair[1];
}

/* recovers notes who recovers; what comes of it is seen in recovery. */
static inline_always void recovers(const struct pt_regs *r, const struct executable *exe)
{
	u64 ret = 0, bp = 0, pair[2] = {};
	struct open *o = opened(r->r14, 0, 0);

	if (!o || o->n == 0 || o->n > MAX_OPEN)
		return;
	u64 k = o->n - 1;

	BOUND(k, MAX_OPEN - 1);
	caller(r, exe, &ret, &bp);
	read_user(pair, 16, (void *)bp);
	o->e[k].recoverer[0] = ret;
	o->e[k].recoverer[1] = pair[1];
}

static inline_always void header(struct slot *s, u32 id, u32 kind, u64 now, u64 bias)
{
	struct record *rec = (struct record *)s->out;
	u64 pid_tgid = current_pid_tgid();

	__builtin_memset(&rec->h, 0, sizeof(rec->h));
	rec->h.kind = kind;
	rec->h.time = now;
	rec->h.tgid = pid_tgid >> 32;
	rec->h.tid = pid_tgid;
	rec->h.exe = id;
	rec->h.bias = bias;
	current_comm(rec->h.comm, sizeof(rec->h.comm));
	s->off = sizeof(struct header);
	rec->value_item.addr = 0;
	rec->value_item.len = VALUE_SIZE;
	rec->value_item.what = ITEM_SKIP;
	rec->value_item.used = 0;
	rec->stack_item.addr = 0;
	rec->stack_item.len = 0;
	rec->stack_item.used = 0;
	rec->stack_item.what = ITEM_SKIP;
}

static inline_always int goroutine(struct slot *s, const struct executable *exe, u64 g)
{
	struct record *rec = (struct record *)s->out;
	u64 n = exe->g_size;

	if (n > STRUCT_SIZE)
		n = STRUCT_SIZE;
	BOUND(n, 0xfff);
	if (read_user(s->g, n, (void *)g))
		return 0;
	rec->h.g = g;
	rec->h.goid = word(s->g, exe->g_goid);
	rec->h.parent = exe->g_parent ? word(s->g, exe->g_parent) : 0;
	rec->h.gopc = word(s->g, exe->g_gopc);
	rec->h.stack_hi = word(s->g, exe->g_stack_hi);
	rec->h.labels = word(s->g, exe->g_labels);
	return 1;
}

/* size_of is how much of a value is of interest, from its type (internal/abi,
 * type.go: Size_, Kind_, PtrType.Elem). */
static inline_always u64 size_of(struct slot *s, u64 type)
{
	u64 *t = (u64 *)s->aux, size;

	if (read_user(t, TYPE_HEAD, (void *)type))
		return VALUE_SIZE;
	size = t[0];
	switch (s->aux[TYPE_KIND] & 31) {
	case KIND_OF_POINTER:
		if (read_user(t, 8, (void *)t[TYPE_ELEM / 8]))
			return VALUE_SIZE;
		size = t[0];
		break;
	case KIND_OF_CHAN:
	case KIND_OF_FUNC:
	case KIND_OF_MAP:
	case KIND_OF_UNSAFE_POINTER:
		return VALUE_SIZE;
	}
	return size < VALUE_SIZE ? size : VALUE_SIZE;
}

/* value copies what an interface holds. */
static inline_always void value(struct slot *s, u64 type, u64 data)
{
	struct record *rec = (struct record *)s->out;
	u64 n, page = 4096 - (data & 4095);

	rec->h.type = type;
	rec->h.data = data;
	__builtin_memset(rec->value, 0, VALUE_SIZE);
	if (!is_pointer(data))
		return;
	n = size_of(s, type);
	BOUND(n, 0xff);
	if (n > VALUE_SIZE)
		n = VALUE_SIZE;
	if (read_user(rec->value, n, (void *)data)) {
		if (page >= n)
			return;
		n = page;
		BOUND(n, VALUE_SIZE - 1);
		if (read_user(rec->value, n, (void *)data))
			return;
	}
	if (!n)
		return;
	rec->value_item.addr = data;
	rec->value_item.len = VALUE_SIZE;
	rec->value_item.used = n;
	rec->value_item.what = ITEM_MEMORY;
}

/* recovery: the runtime is about to go on with the frame that deferred the
 * function which recovered. */
static inline_always void recovery(const struct pt_regs *r, const struct executable *exe, struct slot *s, u32 id)
{
	struct record *rec = (struct record *)s->out;
	u64 resume = 0, resume_sp = 0;

	if (!goroutine(s, exe, r->ax)) {
		lose(LOST_UNREADABLE);
		return;
	}
	if (exe->flags & EXE_SIGCODE) {
		resume_sp = word(s->g, exe->g_sigcode0);
		resume = word(s->g, exe->g_sigcode1);
	} else if (!read_user(s->aux, 128, (void *)word(s->g, exe->g_panic))) {
		resume_sp = word(s->aux, exe->p_sp);
		resume = word(s->aux, exe->p_retpc);
	}
	rec->h.resume = resume;
	rec->h.pc = r->ip;
	rec->h.sp = r->sp;
	rec->h.bp = r->bp;
	u64 limit = rec->h.stack_hi - resume_sp, closed = 0, sent = 0;
	struct open *o = opened(r->ax, rec->h.goid, 0);

	if (o && o->n <= MAX_OPEN) {
		for (int i = 0; i < MAX_OPEN; i++) {
			if (o->n == 0 || o->n > MAX_OPEN)
				break;
			u64 k = o->n - 1;

			BOUND(k, MAX_OPEN - 1);
			struct opening *e = &o->e[k];

			if (e->depth <= limit || (e->flags & OPEN_GOEXIT))
				break;
			if (closed == 0) {
				rec->h.since = e->time;
				rec->h.site = e->site;
				rec->h.type = e->type;
				rec->h.data = e->data;
				rec->h.recoverer[0] = e->recoverer[0];
				rec->h.recoverer[1] = e->recoverer[1];
				sent = e->flags & OPEN_SENT;
			}
			closed++;
			o->n--;
		}
	}
	rec->h.panics = closed;
	rec->h.recoverers = rec->h.recoverer[1] ? 2 : rec->h.recoverer[0] ? 1 : 0;
	u64 first = rec->h.recoverer[0];
	struct count *c = count(rec, id, first ? first - rec->h.bias : 0);

	if (c && (sent || allowed(c, rec->h.time)))
		emit(s, c, RB_NO_WAKEUP);
}

/* ineffective: recover is called while there is a panic, by a function that the
 * panic has not called, and returns nil. */
static inline_always void ineffective(const struct pt_regs *r, const struct executable *exe, struct slot *s, u32 id)
{
	struct record *rec = (struct record *)s->out;
	u64 ret = 0, pair[2];

	if (!goroutine(s, exe, r->r14)) {
		lose(LOST_UNREADABLE);
		return;
	}
	caller(r, exe, &ret, &s->w.bp);
	for (int i = 0; i < 2; i++)
		if (ret - rec->h.bias - exe->ignore[i].start < exe->ignore[i].end - exe->ignore[i].start)
			return;
	rec->h.pc = r->ip;
	rec->h.sp = r->sp;
	rec->h.bp = r->bp;
	s->w.sp = r->sp;
	s->w.hi = rec->h.stack_hi;
	for (int i = 0; i < MAX_RECOVERERS; i++) {
		rec->h.recoverer[i] = ret;
		rec->h.recoverers = i + 1;
		if (i < SITE_FRAMES)
			rec->h.site = mix(rec->h.site, ret - rec->h.bias);
		ret = step(s, pair);
		if (!ret)
			break;
	}
	struct count *c = count(rec, id, rec->h.recoverer[0] - rec->h.bias);

	if (c && allowed(c, rec->h.time))
		emit(s, c, RB_NO_WAKEUP);
}

/* start decides where the stack begins that a record is about. On a system stack
 * that is where the goroutine was left; the system stack is copied, too. */
static inline_always int start(const struct pt_regs *r, const struct executable *exe, struct slot *s)
{
	struct record *rec = (struct record *)s->out;
	u32 kind = rec->h.kind;
	u64 ip = r->ip, sp = r->sp, bp = r->bp, g = r->r14, curg = 0, m;

	rec->h.pc = ip;
	rec->h.sp = sp;
	rec->h.bp = bp;
	if (!goroutine(s, exe, g)) {
		lose(LOST_UNREADABLE);
		return 0;
	}
	if (kind != KIND_FATAL && kind != KIND_SIGNAL_DEATH && kind != KIND_UNCAUGHT)
		return 1;
	m = word(s->g, exe->g_m);
	read_user(&curg, 8, (void *)(m + exe->m_curg));
	if (curg == g)
		return 1;
	if (kind == KIND_SIGNAL_DEATH) {
		/* sigctxt{info, ctxt}; ucontext.uc_mcontext.gregs: r8 to r15, di, si,
		 * bp, bx, dx, ax, cx, sp, ip (runtime/defs_linux_amd64.go). */
		u64 context = 0, registers[17];

		read_user(&context, 8, (void *)(r->bx + 8));
		if (!read_user(registers, sizeof(registers), (void *)(context + 40))) {
			ip = registers[16];
			sp = registers[15];
			bp = registers[10];
			rec->h.pc = ip;
			rec->h.sp = sp;
			rec->h.bp = bp;
		}
	}
	if (!curg) {
		if (kind == KIND_SIGNAL_DEATH)
			rec->h.stack_hi = sp + STACK_COPY; /* not that of the signal stack */
		return 1;
	}
	if (!goroutine(s, exe, curg)) {
		lose(LOST_UNREADABLE);
		return 1;
	}
	if (sp < rec->h.stack_hi && sp >= word(s->g, 0)) /* the signal came on the goroutine's stack */
		return 1;
	rec->h.system_pc = ip;
	rec->h.system_sp = sp;
	rec->h.system_bp = bp;
	rec->h.flags |= FLAG_LEFT;
	rec->h.pc = word(s->g, exe->g_sched_pc);
	rec->h.sp = word(s->g, exe->g_sched_sp);
	rec->h.bp = word(s->g, exe->g_sched_bp);
	return 1;
}

/* stack copies the top of the stack, where a walk begins. */
static inline_always void stack(const struct executable *exe, struct slot *s)
{
	struct record *rec = (struct record *)s->out;
	u64 n;

	s->w.bp = rec->h.bp;
	s->w.sp = rec->h.sp;
	s->w.end = rec->h.sp;
	s->w.hi = rec->h.stack_hi;
	n = s->w.hi - s->w.sp;
	if (s->w.hi < s->w.sp || (exe->flags & EXE_NO_STACKS))
		return;
	if (n > STACK_COPY)
		n = STACK_COPY;
	BOUND(n, 0xfff);
	if (n == 0 || read_user(rec->stack, n, (void *)rec->h.sp))
		return;
	s->w.end = s->w.sp + n;
	rec->stack_item.addr = s->w.sp;
	rec->stack_item.len = n;
	rec->stack_item.what = ITEM_MEMORY;
}

/* uncaught takes the value of a panic that nobody recovered, and of those before
 * it; the runtime has made text of what is an error or a Stringer. */
static inline_always void uncaught(struct slot *s, const struct executable *exe, u64 at)
{
	for (int i = 0; i < MAX_PRINTED; i++) {
		u64 eface[2] = {}, string[2] = {}, link = 0;

		if (!is_pointer(at) || read_user(eface, 16, (void *)(at + exe->p_arg)))
			break;
		read_user(&link, 8, (void *)(at + exe->p_link));
		piece(s, at, STRUCT_PANIC);
		if (i > 0) {
			piece(s, eface[1], 16);
			if (is_pointer(eface[1]) && !read_user(string, 16, (void *)eface[1]))
				text(s, string[0], string[1], LABEL_TEXT);
		}
		at = link;
	}
}

static inline_always int ends(u32 kind)
{
	return kind == KIND_FATAL || kind == KIND_UNCAUGHT || kind == KIND_SIGNAL_DEATH || kind == KIND_OS_EXIT;
}

/* details appends what is of interest about one kind. */
static inline_always void details(const struct pt_regs *r, const struct executable *exe, struct slot *s)
{
	struct record *rec = (struct record *)s->out;
	u64 eface[2] = {}, most = VALUE_TEXT;

	switch (rec->h.kind) {
	case KIND_FATAL:
		rec->h.data = r->ax;
		rec->h.code = r->bx;
		text(s, r->ax, r->bx, DEATH_TEXT);
		return;
	case KIND_SIGNAL_DEATH:
		rec->h.code = (u32)r->ax;
		return;
	case KIND_OS_EXIT:
		rec->h.code = r->ax;
		return;
	case KIND_PANIC:
		eface[0] = r->ax;
		eface[1] = r->bx;
		break;
	case KIND_UNCAUGHT:
		read_user(eface, 16, (void *)(r->ax + exe->p_arg));
		most = DEATH_TEXT;
		break;
	default:
		return;
	}
	value(s, eface[0], eface[1]);
	strings(s, most);
}

/* happened makes the record of everything but recoveries. */
static inline_always void happened(const struct pt_regs *r, const struct executable *exe, struct slot *s, u32 id)
{
	struct record *rec = (struct record *)s->out;
	volatile u32 *kind = (volatile u32 *)&rec->h.kind; /* see struct slot */
	u64 first;

	if (!start(r, exe, s))
		return;
	stack(exe, s);
	first = rec->h.pc;
	if (first == r->ip)
		read_user(&first, 8, (void *)r->sp);
	site(s, first);
	if (*kind == KIND_PANIC) {
		rec->h.type = r->ax;
		rec->h.data = r->bx;
		if (r->ax)
			rec->h.site = mix(rec->h.site, r->ax - rec->h.bias);
	}
	struct count *c = count(rec, id, 0);

	if (!c)
		return;
	if (ends(*kind) || allowed(c, rec->h.time))
		rec->h.flags |= FLAG_SENT;
	if (*kind == KIND_PANIC || *kind == KIND_GOEXIT)
		begin(rec, rec->h.stack_hi - r->sp, (rec->h.flags & FLAG_SENT) | (*kind == KIND_GOEXIT ? OPEN_GOEXIT : 0));
	if (!(rec->h.flags & FLAG_SENT))
		return;
	s->off = sizeof(struct record) - STACK_COPY + ((rec->stack_item.len + 7) & ~7ull);
	details(r, exe, s);
	if (*kind == KIND_UNCAUGHT)
		uncaught(s, exe, r->ax);
	labels(s, exe, rec->h.labels);
	if (rec->h.system_sp)
		piece(s, rec->h.system_sp, SYSTEM_COPY);
	if (!(exe->flags & EXE_NO_STACKS))
		links(s);
	emit(s, c, ends(*kind) ? RB_FORCE_WAKEUP : RB_NO_WAKEUP);
}

/* freeze stops the process before it prints. That it was stopped is noted first:
 * who finds the note lets the process go on. */
static inline_always int freeze(u64 now)
{
	u32 tgid = current_pid_tgid() >> 32;

	if (map_update(&stopped, &tgid, &now, NOEXIST))
		return 0;
	if (send_signal(SIGNAL_STOP)) {
		map_delete(&stopped, &tgid);
		return 0;
	}
	return 1;
}

SEC("uprobe")
int probe(struct pt_regs *r)
{
	u64 cookie = attach_cookie(r), now = boot_ns();
	u32 kind = cookie & 0xff, id = cookie >> 8, frozen = 0;
	struct executable *exe = map_lookup(&executables, &id);

	if (!exe || (exe->tgid && exe->tgid != current_pid_tgid() >> 32))
		return 0;
	if (kind == KIND_INEFFECTIVE && !(r->flags & FLAGS_ZERO) == !exe->recover_flag) {
		recovers(r, exe);
		return 0;
	}
	if ((exe->flags & EXE_FREEZE) && (kind == KIND_FATAL || kind == KIND_UNCAUGHT || kind == KIND_SIGNAL_DEATH))
		frozen = freeze(now);
	struct slot *s = claim();

	if (!s) {
		lose(LOST_NO_SLOT);
		return 0;
	}
	u64 place = (cookie >> 40) & (SITES - 1);

	header(s, id, kind, now, r->ip - exe->address[place]);
	if (frozen)
		((struct record *)s->out)->h.flags |= FLAG_STOPPED;
	if (kind == KIND_RECOVER)
		recovery(r, exe, s, id);
	else if (kind == KIND_INEFFECTIVE)
		ineffective(r, exe, s, id);
	else
		happened(r, exe, s, id);
	release(s);
	return 0;
}
