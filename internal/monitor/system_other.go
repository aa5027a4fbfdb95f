//go:build unix && !aix && !linux && go1.23

package monitor

import "os"

func brimful(*os.File, int) bool { return false }
func widen(uintptr) bool         { return false }
func closeInherited()            {}
func rename()                    {}
