// Command withcgo is a Go program that C code ends in the way its first argument
// names.
package main

/*
#cgo LDFLAGS: -lstdc++
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

void throw_coupon(void);

static void double_free(void) {
	void *volatile p = malloc(24);
	free(p);
	free(p);
}

static void *give_up(void *unused) {
	abort();
	return NULL;
}

static void abort_on_thread(void) {
	pthread_t t;
	pthread_create(&t, NULL, give_up, NULL);
	pthread_join(t, NULL);
}

static void *fault(void *unused) {
	*(volatile int *)8 = 1;
	return NULL;
}

static void fault_on_thread(void) {
	pthread_t t;
	pthread_create(&t, NULL, fault, NULL);
	pthread_join(t, NULL);
}
*/
import "C"

import (
	"os"
	"runtime"
)

func main() {
	switch os.Args[1] {
	case "double-free":
		C.double_free()
	case "throw":
		C.throw_coupon()
	case "abort":
		C.abort()
	case "abort-on-thread":
		C.abort_on_thread()
	case "fault-on-thread":
		C.fault_on_thread()
	case "threads":
		for {
			ready := make(chan bool)
			go func() {
				runtime.LockOSThread()
				ready <- true
				select {}
			}()
			<-ready
		}
	}
}
