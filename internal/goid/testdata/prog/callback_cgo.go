//go:build cgo

package main

/*
#include <pthread.h>

void fromC(void);

static void *run(void *arg) { fromC(); return 0; }

static void call(void) { fromC(); }

static void callOnThread(void) {
	pthread_t t;
	if (pthread_create(&t, 0, run, 0) == 0)
		pthread_join(t, 0);
}
*/
import "C"

//export fromC
func fromC() { check("called from C") }

// callback asks in Go code that C has called, on a thread of Go's and on one of
// C's.
func callback() {
	C.call()
	C.callOnThread()
}
