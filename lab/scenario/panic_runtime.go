package scenario

var panicRuntime = []Scenario{
	{
		Name: "append-huge", Group: "panic-runtime",
		Shows: "append growing a slice past memory (1<<46 bytes)",
		Class: "panic.make_size",
	},
	{
		Name: "blocked-send-then-close", Group: "panic-runtime",
		Shows: "sender already blocked when the channel is closed",
		Class: "panic.closed_chan",
	},
	{
		Name: "close-closed-chan", Group: "panic-runtime",
		Shows: "close of closed channel",
		Class: "panic.closed_chan",
	},
	{
		Name: "close-nil-chan", Group: "panic-runtime",
		Shows: "close of nil channel",
		Class: "panic.nil_chan",
	},
	{
		Name: "defer-nil-func", Group: "panic-runtime",
		Shows: "defer of a nil func value",
		Class: "panic.nil_deref",
	},
	{
		Name: "div-zero", Group: "panic-runtime",
		Shows: "integer divide by zero",
		Class: "panic.divide",
	},
	{
		Name: "index-out-of-range", Group: "panic-runtime",
		Shows: "index out of range",
		Class: "panic.index",
	},
	{
		Name: "makechan-neg", Group: "panic-runtime",
		Shows: "make chan with negative size",
		Class: "panic.make_size",
	},
	{
		Name: "makeslice-cap", Group: "panic-runtime",
		Shows: "make slice cap out of range",
		Class: "panic.make_size",
	},
	{
		Name: "makeslice-huge", Group: "panic-runtime",
		Shows: "make slice length overflowing address space",
		Class: "panic.make_size",
	},
	{
		Name: "makeslice-neg-len", Group: "panic-runtime",
		Shows: "make slice with negative length",
		Class: "panic.make_size",
	},
	{
		Name: "negative-shift", Group: "panic-runtime",
		Shows: "negative shift amount",
		Class: "panic.negative_shift",
	},
	{
		Name: "nil-deref", Group: "panic-runtime",
		Shows: "nil pointer dereference",
		Class: "panic.nil_deref",
	},
	{
		Name: "nil-deref-large-offset", Group: "panic-runtime",
		Shows: "nil pointer + field offset > 4096 (explicit nil check)",
		Class: "panic.nil_deref",
	},
	{
		Name: "nil-func-call", Group: "panic-runtime",
		Shows: "call of a nil func value",
		Class: "panic.nil_deref",
	},
	{
		Name: "nil-iface-method", Group: "panic-runtime",
		Shows: "method call on a nil interface",
		Class: "panic.nil_deref",
	},
	{
		Name: "nil-map-write", Group: "panic-runtime",
		Shows: "assignment to entry in nil map",
		Class: "panic.nil_map",
	},
	{
		Name: "noncanonical-address-panicfault", Group: "panic-runtime",
		Shows: "read at a non-canonical address with debug.SetPanicOnFault(true)",
		Class: "panic.fault",
	},
	{
		Name: "select-default-send-closed-chan", Group: "panic-runtime",
		Shows: "send on closed channel inside select with default",
		Class: "panic.closed_chan",
	},
	{
		Name: "select-send-closed-chan", Group: "panic-runtime",
		Shows: "send on closed channel inside select (one case)",
		Class: "panic.closed_chan",
	},
	{
		Name: "select2-send-closed-chan", Group: "panic-runtime",
		Shows: "send on closed channel inside select (two cases: selectgo)",
		Class: "panic.closed_chan",
	},
	{
		Name: "send-closed-chan", Group: "panic-runtime",
		Shows: "send on closed channel",
		Class: "panic.closed_chan",
	},
	{
		Name: "sigbus-mmap-panicfault", Group: "panic-runtime",
		Shows: "read of an mmap'd file after truncate (SIGBUS) with debug.SetPanicOnFault(true)",
		Class: "panic.fault",
	},
	{
		Name: "slice-bounds", Group: "panic-runtime",
		Shows: "slice bounds out of range",
		Class: "panic.slice_bounds",
	},
	{
		Name: "slice-to-array", Group: "panic-runtime",
		Shows: "slice to array conversion, too short",
		Class: "panic.slice_to_array",
	},
	{
		Name: "type-assert", Group: "panic-runtime",
		Shows: "failed type assertion",
		Class: "panic.iface_conversion",
	},
	{
		Name: "type-assert-method", Group: "panic-runtime",
		Shows: "type assertion, missing method",
		Class: "panic.iface_conversion",
	},
	{
		Name: "type-assert-nil", Group: "panic-runtime",
		Shows: "type assertion on nil interface",
		Class: "panic.iface_conversion",
	},
	{
		Name: "uncomparable-eq", Group: "panic-runtime",
		Shows: "comparing uncomparable dynamic types",
		Class: "panic.uncomparable",
	},
	{
		Name: "unhashable-key", Group: "panic-runtime",
		Shows: "unhashable map key",
		Class: "panic.unhashable",
	},
	{
		Name: "unmapped-address-panicfault", Group: "panic-runtime",
		Shows: "read at an unmapped non-nil address with debug.SetPanicOnFault(true)",
		Class: "panic.fault",
	},
	{
		Name: "unsafe-slice-len", Group: "panic-runtime",
		Shows: "unsafe.Slice length out of range",
		Class: "panic.unsafe_slice",
	},
	{
		Name: "weak-nil-deref", Group: "panic-runtime",
		Shows: "dereference of a cleared weak pointer",
		Class: "panic.nil_deref",
		Min:   24,
	},
	{
		Name: "write-rodata-panicfault", Group: "panic-runtime",
		Shows: "write into a string literal with debug.SetPanicOnFault(true)",
		Class: "panic.fault",
	},
}
