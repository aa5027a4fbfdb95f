//go:build ignore

/* The programs behind the probes of a Go program. One program serves all sites of
 * all executables: the attach cookie says which kind of site it is and which
 * executable, and a map holds where that executable's runtime has its fields.
 *
 * Nothing here is trusted: addresses come from a process that may be damaged or
 * hostile. Every read is bounded, and what cannot be read is left out. */

#include "memory.h"
#include "places.h"

char program_license[] SEC("license") = "Dual BSD/GPL";

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

/* recovers notes who recovers; what comes of it is seen in recovery. The frames of
 * gorecover and its caller mostly stand together: one read is cheaper than two. */
static inline_always void recovers(const struct pt_regs *r, const struct executable *exe)
{
	u64 at = r->sp, frame = r->bp, ret, bp, d, near[16], pair[2] = {};
	struct open *o = opened(r->r14, 0, 0);

	if (!o || o->n == 0)
		return;
	OPAQUE(frame);
	if (exe->recover_frame)
		at = frame;
	if (read_user(near, sizeof(near), (void *)at)) { /* it is the end of the stack */
		ret = bp = 0;
		caller(r, exe, &ret, &bp);
		read_user(pair, 16, (void *)bp);
	} else {
		bp = exe->recover_frame ? near[0] : frame;
		ret = exe->recover_frame ? near[1] : near[0];
		d = bp - at;
		if (d > sizeof(near) - 16 || d & 7) {
			read_user(pair, 16, (void *)bp);
		} else {
			BOUND(d, 0x78);
			pair[1] = *(u64 *)((u8 *)near + d + 8);
		}
	}
	struct opening *e = newest(o);

	e->recoverer[0] = ret;
	e->recoverer[1] = pair[1];
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

/* closes ends the panics that a recovery ends: those further down than the frame
 * which goes on. It returns whether the newest of them was sent. */
static inline_always u64 closes(struct record *rec, struct open *o)
{
	u64 limit = rec->h.code, sent = 0;

	for (int i = 0; i < MAX_OPEN; i++) {
		if (o->n <= o->kept)
			break;
		struct opening *e = newest(o);

		if (e->depth <= limit || (e->flags & OPEN_GOEXIT))
			break;
		if (rec->h.panics == 0) {
			rec->h.since = e->time;
			rec->h.site = e->site;
			rec->h.type = e->type;
			rec->h.data = e->data;
			rec->h.recoverer[0] = e->recoverer[0];
			rec->h.recoverer[1] = e->recoverer[1];
			sent = e->flags & OPEN_SENT;
		}
		rec->h.panics++;
		ended(o);
	}
	/* How far down those are that were written over is not known: when no other is
	 * left, this may have ended some; if it has ended no other, it was one of them. */
	if (o->n && o->n <= o->kept) {
		rec->h.flags |= FLAG_NESTED;
		if (rec->h.panics == 0) {
			struct opening *e = newest(o);

			rec->h.recoverer[0] = e->recoverer[0];
			rec->h.recoverer[1] = e->recoverer[1];
			sent = o->lost_flags & OPEN_SENT;
			ended(o);
		}
	}
	return sent;
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
	rec->h.code = rec->h.stack_hi - resume_sp;
	struct open *o = opened(r->ax, rec->h.goid, 0);
	u64 sent = o ? closes(rec, o) : 0;

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
	if (s->w.hi < s->w.sp)
		return;
	if (n > STACK_COPY)
		n = STACK_COPY;
	BOUND(n, 0xfff);
	if (n == 0 || read_user(rec->stack, n, (void *)rec->h.sp))
		return;
	s->w.end = s->w.sp + n;
	if (exe->flags & EXE_NO_STACKS) /* it tells the place; what follows goes over it */
		return;
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

/* leaves says of an exit which panic was recovered before it. */
static inline_always void leaves(struct record *rec)
{
	struct open *o = opened(rec->h.g, rec->h.goid, 0);

	if (o && o->n > o->kept)
		replaced(rec, newest(o));
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
	if (first == r->ip) { /* at a push, or where a signal came */
		if (s->w.sp == r->sp && s->w.end >= r->sp + 8)
			first = *(u64 *)rec->stack;
		else
			read_user(&first, 8, (void *)r->sp);
	}
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
		begin(rec, word(s->g, exe->g_panic), rec->h.stack_hi - r->sp,
		      (rec->h.flags & FLAG_SENT) | (*kind == KIND_GOEXIT ? OPEN_GOEXIT : 0));
	if (*kind == KIND_OS_EXIT)
		leaves(rec);
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
	u64 cookie = attach_cookie(r), now;
	u32 kind = cookie & 0xff, id = cookie >> 8, index = id & (EXECUTABLES - 1), frozen = 0;
	struct executable *exe = map_lookup(&executables, &index);

	if (!exe || exe->id != id || (exe->tgid && exe->tgid != current_pid_tgid() >> 32))
		return 0;
	if (kind == KIND_INEFFECTIVE && !(r->flags & FLAGS_ZERO) == !exe->recover_flag) {
		recovers(r, exe);
		return 0;
	}
	now = boot_ns();
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
