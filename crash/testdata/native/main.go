// Command native dies in C, or on the way through it. It makes the golden files
// of package crash with C frames. See crash/internal/record.
package main

/*
#include <stdlib.h>

typedef void (*hook)(void);
extern void goHook(int);

void crash_segv(void);
void crash_abort(void);
void crash_divide(int);
void call_back(int);
extern void native_traceback(void *);
extern void native_symbols(void *);
*/
import "C"

import (
	"os"
	"runtime"
	"time"
	"unsafe"
)

var cases = map[string]func(){
	"segv":     func() { C.crash_segv() },
	"abort":    func() { C.crash_abort() },
	"divide":   func() { C.crash_divide(0) },
	"callback": func() { C.call_back(1) },
	"throw":    func() { C.call_back(2) },
	"quit":     func() { C.call_back(3) },
	"others":   others,
	"threads":  noThreads,
	"hang":     func() { go C.call_back(4); time.Sleep(100 * time.Millisecond); panic("others are in C") },
}

func main() {
	if os.Getenv("NATIVE_SYMBOLS") != "" {
		runtime.SetCgoTraceback(0, unsafe.Pointer(C.native_traceback), nil, unsafe.Pointer(C.native_symbols))
	}
	if os.Getenv("NATIVE_TRACEBACK") != "" {
		runtime.SetCgoTraceback(0, unsafe.Pointer(C.native_traceback), nil, nil)
	}
	cases[os.Args[1]]()
}

//export goHook
func goHook(what C.int) {
	switch what {
	case 1:
		var m map[string]int
		m["a"] = 1
	case 2:
		<-make(chan int)
	case 3:
		quit()
		time.Sleep(time.Minute)
	case 4:
		for {
		}
	}
}

// others has goroutines in C while one dies there.
func others() {
	for i := 0; i < 2; i++ {
		go C.call_back(3)
	}
	time.Sleep(100 * time.Millisecond)
	C.crash_segv()
}
