#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void goHook(int);

static void poke(volatile int *p) { *p = 1; }

void crash_segv(void) { poke((volatile int *)0); }
void crash_abort(void) { abort(); }
volatile int sink;
void crash_divide(int by) { sink = 7 / by; }
void call_back(int what) { goHook(what); }

// What a traceback function and a symbolizer are given: runtime.SetCgoTraceback.
struct traceback_arg {
	uintptr_t context;
	uintptr_t sig_context;
	uintptr_t *buf;
	uintptr_t max;
};

struct symbols_arg {
	uintptr_t pc;
	const char *file;
	uintptr_t lineno;
	const char *func;
	uintptr_t entry;
	uintptr_t more;
	uintptr_t data;
};

// native_traceback says that the same three frames are always there.
void native_traceback(struct traceback_arg *arg) {
	uintptr_t pcs[] = {(uintptr_t)&poke, (uintptr_t)&crash_segv, (uintptr_t)&call_back};
	for (uintptr_t i = 0; i < 3 && i < arg->max; i++)
		arg->buf[i] = pcs[i] + 1;
	if (arg->max > 3)
		arg->buf[3] = 0;
}

// native_symbols names them as a C++ program would, the second one with an
// inlined call, and the third not at all.
void native_symbols(struct symbols_arg *arg) {
	if (arg->pc == (uintptr_t)&poke + 1) {
		arg->file = "/src/native/stock.cc";
		arg->lineno = 17;
		arg->func = "std::vector<int, std::allocator<int> >::at(unsigned long)";
	} else if (arg->pc == (uintptr_t)&crash_segv + 1 && !arg->more) {
		arg->file = "/src/native/stock.hpp";
		arg->lineno = 40;
		arg->func = "shop::(anonymous namespace)::Stock::level(char const*) const";
		arg->more = 1;
	} else if (arg->pc == (uintptr_t)&crash_segv + 1) {
		arg->file = "/src/native/crash.c";
		arg->lineno = 9;
		arg->func = "crash_segv";
		arg->more = 0;
	} else {
		arg->func = 0;
		arg->file = 0;
	}
}
