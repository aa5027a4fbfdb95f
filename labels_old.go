//go:build !go1.26

package backstop

import "context"

// Before Go 1.26 tracebacks have no labels, so none are set.
const canLabel = false

func labelled(ctx context.Context, _ *requestInfo) context.Context { return ctx }

func setLabels(context.Context) {}

func clearLabels() {}

func inheritLabels(context.Context) {}

func enableTracebackLabels() {}
