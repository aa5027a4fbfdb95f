// Package trace shows what happens to unmodified, running Go programs: panics,
// recoveries, fatal errors, exits and kills.
//
// Records come from the kernel (package bpf) and about the host (package host).
// An [Engine] makes events of them: it joins a panic with what became of it and
// the end of a process with its cause, unwinds stacks, reads values, masks
// secrets, and lets package crash name what it is. It reads no clock and starts
// no goroutine, so that it can be tested with records that misbehave. [Writer]
// writes events as JSON lines and [Read] reads them back; a [View] shows them to
// a person; package inventory counts who swallows what.
package trace
