package behaviour

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// waits reports whether the instruction makes its goroutine wait for something
// outside: a channel, a timer, the network, a process. A lock is none of these.
func (f *Facts) waits(i ssa.Instruction) bool {
	switch i := i.(type) {
	case *ssa.Send:
		return true
	case *ssa.Select:
		return i.Blocking
	case *ssa.UnOp:
		return i.Op == token.ARROW
	case *ssa.Call:
		return f.CallWaits(i.Common())
	case *ssa.Defer:
		return f.CallWaits(i.Common())
	}
	return false
}

// CallWaits reports whether the call may make its goroutine wait for something
// outside. Methods that nobody sees the source of are told by their names.
func (f *Facts) CallWaits(c *ssa.CallCommon) bool {
	obj := ir.Target(c)
	if !ir.StdFunc(obj) && f.OfCall(c).Waits {
		return true
	}
	if obj == nil {
		return false
	}
	name := obj.Name()
	if ir.StdFunc(obj) {
		switch obj.Pkg().Path() {
		case "time":
			return name == "Sleep"
		case "sync":
			return name == "Wait"
		case "net", "net/http", "net/rpc", "bufio", "io", "os/exec", "database/sql":
			return wait(name)
		}
		return false
	}
	fn := ir.Callee(c)
	return (fn == nil || len(fn.Blocks) == 0) && wait(name)
}

// wait knows the names of methods that wait.
func wait(name string) bool {
	for _, prefix := range []string{
		"Accept", "Read", "Recv", "Receive", "Wait", "Poll", "Fetch", "Pull", "Consume", "Listen", "Serve", "Sleep", "Scan",
		"Dial", "Query", "Exec", "Run", "Output", "CombinedOutput", "Get", "Post", "Do", "Next", "Subscribe", "Take", "Acquire", "Backoff", "Pause", "Delay",
	} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
			return true
		}
	}
	return false
}
