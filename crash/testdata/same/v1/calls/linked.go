package calls

import _ "unsafe" // for go:linkname

//go:linkname linked example.com/shop/calls.unlinked
func linked(value string)

//go:noinline
func unlinked(value string) { panic("linked with " + value) }
