package trace

import (
	"context"
	"errors"
	"fmt"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/host"
)

// An unprobed error says why there can be no probes in the kernel, here and for us.
type unprobed struct{ error }

func (u *unprobed) Unwrap() error { return u.error }

// Hint says what a person can do about it.
func (u *unprobed) Hint() string {
	var h Hinted
	if errors.As(u.error, &h) {
		return h.Hint()
	}
	return "backstop doctor says what this host and this user lack"
}

// Run traces until the context ends, or until nothing is left of processes that
// were named. The summary is there beside an error that came later than the start.
func Run(ctx context.Context, o LiveOptions) (*Summary, error) {
	if err := checkFiles(o.Host.Exes, o.By, o.OnNotice); err != nil {
		return nil, err
	}
	if o.By == Ptrace {
		return runPtrace(ctx, o)
	}
	s, err := runProbes(ctx, o)
	var no *unprobed
	if o.By == EBPF || !errors.As(err, &no) {
		return s, err
	}
	if refused := beyondPtrace(&o.Host); refused != nil {
		return nil, &refusal{no, no.Hint() + "; " + refused.Hint()}
	}
	o.OnNotice(fmt.Sprintf("no probes in the kernel: %v (%s)", no, no.Hint()))
	return runPtrace(ctx, o)
}

// beyondPtrace says what of the options cannot be done by ptrace; nil if all can.
func beyondPtrace(o *host.Options) *refusal {
	switch {
	case o.All:
		return &refusal{errors.New("-all needs probes in the kernel"), "by ptrace those are watched that are named: -pid N, -exe PATH or -cgroup PATH"}
	case o.CatchFirst:
		return &refusal{errors.New("-catch-first needs probes in the kernel"), "by ptrace programs are watched that run, and found a moment after they start: leave -catch-first out"}
	}
	return nil
}
