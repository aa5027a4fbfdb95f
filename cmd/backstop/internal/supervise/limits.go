package supervise

// Limits are resource limits of the child, in bytes. 0 leaves a limit as it is;
// both the soft and the hard limit are set. They are applied right after the
// process was started (prlimit(2)), so its first microseconds run without.
// Linux only; elsewhere any limit is an error before the start.
type Limits struct {
	AddressSpace uint64 // RLIMIT_AS; a Go program needs some 100 MB of address space to start at all
	Data         uint64 // RLIMIT_DATA
	FileSize     uint64 // RLIMIT_FSIZE
	OpenFiles    uint64 // RLIMIT_NOFILE, a count

	// NoCore sets RLIMIT_CORE to 0.
	NoCore bool
}
