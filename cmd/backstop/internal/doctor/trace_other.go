//go:build !linux

package doctor

import (
	"context"
	"time"
)

func tryProbes(context.Context, bool) (time.Duration, error) { return 0, errOnlyLinux }

func tryProcesses(context.Context) error { return errOnlyLinux }

func tryPtrace(context.Context) error { return errOnlyLinux }

func tryMemory(string) error { return errOnlyLinux }
