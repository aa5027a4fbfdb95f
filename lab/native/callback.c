#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>

#include "_cgo_export.h"
#include "callback.h"
#include "memory.h"

void visit_orders(uintptr_t visit) { goVisit(visit); }

static jmp_buf out;

void visit_or_give_up(uintptr_t visit) {
	if (setjmp(out) == 0)
		goVisit(visit);
}

void give_up(void) { longjmp(out, 1); }

void end_thread(void) { pthread_exit(0); }

/* Waits for the thread it starts. */
static void on_thread(void *(*f)(void *), void *arg, size_t stack) {
	pthread_t thread;
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	if (stack > 0)
		pthread_attr_setstacksize(&attr, stack);
	if (pthread_create(&thread, &attr, f, arg) == 0)
		pthread_join(thread, 0);
	pthread_attr_destroy(&attr);
}

static void *visit_one(void *arg) {
	goVisit((uintptr_t)arg);
	return 0;
}

static void *fault(void *arg) {
	read_null();
	return arg;
}

static void *stop(void *arg) {
	abort();
	return arg;
}

void visit_on_thread(uintptr_t visit, size_t stack) { on_thread(visit_one, (void *)visit, stack); }
void fault_on_thread(void) { on_thread(fault, 0, 0); }
void abort_on_thread(void) { on_thread(stop, 0, 0); }
