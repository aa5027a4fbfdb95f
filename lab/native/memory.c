#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "memory.h"

/* The pointers are volatile so that a compiler that sees what is wrong here still
   does it. */

void read_null(void) {
	int *volatile order = 0;
	volatile int quantity = *order;
	(void)quantity;
}

/* The page existed, so nobody else has its address. */
void read_unmapped(void) {
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *page = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page, size);
	volatile char *volatile stale = page;
	volatile char c = *stale;
	(void)c;
}

int divide(int by) {
	volatile int divisor = by;
	return 100 / divisor;
}

static volatile int depth;

static int __attribute__((noinline)) descend(int n) {
	volatile char frame[1024];
	frame[0] = (char)n;
	depth = n;
	return descend(n + 1) + frame[0];
}

/* The main thread's stack grows as far as the limit allows: 8 MiB is usual, and
   here it is certain. */
void recurse(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > (8 << 20)) {
		limit.rlim_cur = 8 << 20;
		setrlimit(RLIMIT_STACK, &limit);
	}
	descend(0);
}

/* A name that is longer than its field, written byte by byte because a compiler
   knows the size of the field when strcpy does it. */
void smash_stack(int length) {
	char field[16];
	volatile char *volatile to = field;
	for (int i = 0; i < length; i++)
		to[i] = 'A';
}

void free_twice(void) {
	void *volatile p = malloc(32);
	free(p);
	free(p);
}

/* The bytes behind a block belong to the allocator: the size of the next one. */
void smash_heap(void) {
	volatile char *volatile name = malloc(4000);
	void *volatile next = malloc(4000);
	for (int i = 0; i < 4000 + 64; i++)
		name[i] = (char)0xff;
	free(next);
	free((void *)name);
}

/* A block of this size has pages of its own, which free gives back. */
void read_freed(void) {
	volatile char *volatile p = malloc(16 << 20);
	p[0] = 1;
	free((void *)p);
	volatile char c = p[0];
	(void)c;
}
