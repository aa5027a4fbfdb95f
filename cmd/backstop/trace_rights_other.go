//go:build !linux

package main

// giveUpRights does nothing: capabilities are of Linux.
func (*traceFlags) giveUpRights() error { return nil }
