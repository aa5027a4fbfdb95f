//go:build unix && !linux

package supervise

import "runtime"

// maxRSSUnit is the unit of ru_maxrss in bytes: Darwin counts bytes, the BSDs kilobytes.
var maxRSSUnit = map[bool]int64{true: 1, false: 1024}[runtime.GOOS == "darwin" || runtime.GOOS == "ios"]
