//go:build unix && !aix && !linux && go1.23

package monitor

func widen(uintptr) bool { return false }
func closeInherited()    {}
func rename()            {}
