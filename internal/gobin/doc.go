// Package gobin reads Go executables: which function, file and line a program
// counter belongs to, inlined calls included, where a function begins, its code,
// how its stack is unwound, what types the program has, what the read-only data
// holds, and how the program was built. It needs neither symbol
// table nor debug information, so stripped and position-independent executables
// are read like any others: everything comes from the tables the Go runtime
// itself uses (runtime/symtab.go, runtime/symtabinl.go).
//
// Start with [Open]:
//
//	f, err := gobin.Open("/usr/local/bin/shop")
//	...
//	defer f.Close()
//	funcs, err := f.Lookup("example.com/shop/cart.(*Cart).Add.func1")
//	stack, err := f.Resolve(funcs[0], 0x1d, true)
//
// ELF, PE and Mach-O executables of Go 1.16 to 1.27 are read, on every
// architecture of gc but WebAssembly. A release whose tables are not known is
// refused with [UnknownReleaseError], unless its tables verify as those of a
// known one; nothing is guessed. How stacks are unwound ([File.Site]) and what
// types there are ([File.TypeAt], [File.TypeNamed]) is known of Go 1.21 to 1.27.
//
// Addresses are those of the file. The addresses of a running
// position-independent executable differ from them by where it was loaded,
// which is a multiple of the page size.
//
// Executables are hostile input: a damaged or crafted one gives an error, not a
// panic; memory and time are bounded by what the file really holds. Tables are
// read when needed, in blocks, so that a question to a large executable costs
// little. The debug packages of the standard library are not used, because they
// promise none of this (package documentation of debug/elf, "Security").
//
// It does not read DWARF, C functions, or executables made by gccgo or TinyGo.
package gobin
