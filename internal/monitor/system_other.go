//go:build unix && !aix && !linux && go1.23

package monitor

import "os"

func widen(*os.File) bool { return false }
func closeInherited()     {}
func rename()             {}
