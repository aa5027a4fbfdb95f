//go:build !linux

package trace

import "time"

// SinceBoot is the time since the system started: nothing is traced here.
func SinceBoot() time.Duration { return 0 }
