//go:build !go1.23

package calls

func iterate(bug, value string) { panic("needs Go 1.23: " + bug + value) }
