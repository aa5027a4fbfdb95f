// Program asan is built with -asan: the C compiler's AddressSanitizer watches
// every access, in C and in Go, and ends the process at the first wrong one.
package main

/*
#include "overflow.h"
*/
import "C"

import "github.com/backstop-go/backstop/lab/harness"

func main() {
	harness.Main(map[string]func(){"asan": overflow})
}

// overflow writes one byte behind a block of C's heap. Without the sanitizer
// nothing would come of it.
func overflow() { C.write_behind(16) }
