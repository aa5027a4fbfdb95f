/* Memory of the traced process, as pieces of a record. */
#ifndef BACKSTOP_MEMORY_H
#define BACKSTOP_MEMORY_H

#include "maps.h"

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

#endif
