// Package ptrace stops the threads of a live process for a moment, to read their
// registers and the memory in one state.
package ptrace
