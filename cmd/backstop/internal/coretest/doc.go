// Package coretest is test support: programs that leave a core file, whatever the
// machine does with cores. Call [Main] first in TestMain, then [Command].
//
// Where core_pattern (core(5)) names a file in the working directory, the kernel writes
// the core. Elsewhere, such as where systemd-coredump gets cores, the program runs under
// a tracer, which writes one of the same contents when a signal is about to end it. The
// machine's settings are never changed.
package coretest
