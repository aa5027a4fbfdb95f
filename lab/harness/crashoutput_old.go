//go:build !go1.23

package harness

func setCrashOutput() error { return nil }
