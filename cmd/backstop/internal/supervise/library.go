package supervise

import "bytes"

// maxSince is how many lines may stand between what a C library said and the end
// of the process: other threads go on writing, but what was said long ago is no
// reason.
const maxSince = 200

// maxLibrary bounds what is kept of it, in bytes.
const maxLibrary = 1 << 10

// beforeAbort begin the lines that libraries write on stderr right before they
// call abort.
var beforeAbort = [][]byte{
	// glibc: debug/fortify_fail.c, debug/stack_chk_fail.c, malloc/malloc.c
	// (malloc_printerr), libio/vtables.c, sysdeps/posix/libc_fatal.c.
	[]byte("*** "),
	[]byte("free(): "), []byte("malloc(): "), []byte("realloc(): "), []byte("calloc(): "),
	[]byte("munmap_chunk(): "), []byte("mremap_chunk(): "), []byte("malloc_consolidate(): "),
	[]byte("double free or corruption"), []byte("corrupted size vs. prev_size"), []byte("corrupted double-linked list"),
	[]byte("break adjusted to free malloc space"), []byte("invalid fastbin entry"),
	[]byte("Fatal error: glibc detected "), []byte("Fatal glibc error: "),
	[]byte("The futex facility returned an unexpected error code"),
	// libstdc++ (libsupc++/vterminate.cc, pure.cc), libc++abi.
	[]byte("terminate called "), []byte("pure virtual method called"), []byte("deleted virtual method called"),
	[]byte("libc++abi: "),
	// assert(3) of musl; glibc begins with the name of the program.
	[]byte("Assertion failed: "),
	// runtime/cgo, gcc_fatalf.c.
	[]byte("runtime/cgo: "),
}

// A farewell remembers the last words of C libraries in a stream of lines.
type farewell struct {
	text  []byte
	since int // lines after it
}

// see takes the next line; those of a traceback do not count.
func (f *farewell) see(line []byte, traceback bool) {
	if !traceback {
		f.since++
	}
	if len(f.text) > 0 && f.since == 1 {
		// libstdc++ tells on a second line what the exception says of itself,
		// and after a pure virtual call that nothing was thrown.
		rest := bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("  what():  ")) || bytes.HasPrefix(f.text, []byte("pure virtual")) && bytes.HasPrefix(line, []byte("terminate called ")) {
			f.text = append(append(f.text, ", "...), rest[:min(len(rest), maxLibrary)]...)
			return
		}
	}
	if !lastWords(line) {
		return
	}
	line = bytes.TrimSpace(line)
	f.text, f.since = append(f.text[:0], line[:min(len(line), maxLibrary)]...), 0
}

// said returns what a library said a short while ago.
func (f *farewell) said() string {
	if f.since > maxSince {
		return ""
	}
	return string(f.text)
}

// lastWords reports whether a line is one that a library writes before it aborts.
// It is called for every line the child prints.
func lastWords(line []byte) bool {
	for _, p := range beforeAbort {
		if line[0] == p[0] && bytes.HasPrefix(line, p) {
			return true
		}
	}
	// "shop: cart.c:17: add: Assertion `n > 0' failed." (glibc, assert/assert.c)
	i := bytes.Index(line, []byte(": Assertion `"))
	return i > 0 && bytes.HasSuffix(trimLineEnd(line), []byte("' failed."))
}
