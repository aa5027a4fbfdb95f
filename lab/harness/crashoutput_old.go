//go:build !go1.23

package harness

func setCrashOutput() (set bool, err error) { return false, nil }
