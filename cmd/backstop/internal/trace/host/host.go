// Package host knows the processes of the machine: which there are, which start
// and end, who killed them, and which of them to trace.
package host
