#include <stdlib.h>

extern void goHook(void);

void call_back(void) { goHook(); }

void crash_segv(void) {
	volatile int *p = 0;
	*p = 1;
}

void crash_abort(void) { abort(); }

void crash_double_free(void) {
	void *volatile p = malloc(32);
	free(p);
	free(p);
}
