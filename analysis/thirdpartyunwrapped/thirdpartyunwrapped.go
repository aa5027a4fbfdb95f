// Package thirdpartyunwrapped holds the rule third-party-unwrapped.
package thirdpartyunwrapped

import (
	"fmt"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/behaviour"
	"github.com/backstop-go/backstop/analysis/entry"
	"github.com/backstop-go/backstop/analysis/internal/crash"
	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/rule"
)

// Rule reports calls of third-party modules on the paths of handlers and
// goroutines that no guard wraps.
var Rule = rule.New(rule.Rule{
	ID:   "third-party-unwrapped",
	Tier: rule.TierC,
	Doc: rule.Doc{
		Summary: "a call of a third-party module has no guard that makes an error of its panics",
		Why: `A policy, off by default: code that one has not written is called through a wrapper
whose guard makes an error of a panic and names the service that failed. Then a defect
of the library costs one request and says where it is.

Calls are asked for that handlers and goroutines of the package reach.`,
		Bad: "func (s *Server) pay(w http.ResponseWriter, r *http.Request) {\n\terr := s.bank.Charge(r.Context(), order)",
		Good: "func (b *bank) charge(ctx context.Context, o Order) (err error) {\n\tdefer func() {\n\t\tif v := recover(); v != nil {\n" +
			"\t\t\terr = fmt.Errorf(\"bank: panic: %v\", v)\n\t\t}\n\t}()\n\treturn b.client.Charge(ctx, o)\n}",
		LeftAlone: []string{
			"the standard library and the module itself",
			"calls below a guard, be it of the function or of one on the way to it",
			"routers, loggers, metrics and options: gin, chi, zap, prometheus and their like are the frame of the service",
			"code that only init and main reach",
			"tests and generated files",
		},
	},
}, run, entry.Analyzer)

func run(pass *rule.Pass) error {
	entries := pass.ResultOf[entry.Analyzer].(*entry.Entries)
	skip := crash.Skipped(pass.Pass)
	reached := reach(entries)
	for _, fn := range entries.SSA.SrcFuncs {
		from, ok := reached[fn]
		if !ok || skip[pass.Fset.Position(fn.Pos()).Filename] {
			continue
		}
		guard := entries.Guard(fn)
		ir.Calls(fn, func(c ssa.CallInstruction) {
			callee := ir.Target(c.Common())
			if _, called := c.(*ssa.Call); !called || callee == nil || guard.Covers(c) || !thirdParty(pass, callee) {
				return
			}
			pass.Report(rule.Finding{
				Pos: c.Pos(),
				Message: fmt.Sprintf("%s.%s is third-party code that %s reaches, and no guard makes an error of its panics",
					callee.Pkg().Name(), callee.Name(), from),
			})
		})
	}
	return nil
}

// reach lists the functions that handlers and goroutines reach without a guard in
// between, and what they are reached from.
func reach(e *entry.Entries) map[*ssa.Function]string {
	reached := make(map[*ssa.Function]string)
	var todo []*ssa.Function
	add := func(fn *ssa.Function, from string) {
		if fn != nil && fn.Pkg == e.SSA.Pkg && reached[fn] == "" {
			reached[fn] = from
			todo = append(todo, fn)
		}
	}
	for _, x := range e.List {
		switch x.Kind {
		case entry.Handler, entry.Request, entry.RPC:
			add(x.Target, "a handler")
		case entry.Go, entry.Callback:
			if !x.Guarded() {
				add(x.Target, "a goroutine")
			}
		}
	}
	for len(todo) > 0 {
		fn := todo[0]
		todo = todo[1:]
		guard := e.Guard(fn)
		ir.Calls(fn, func(c ssa.CallInstruction) {
			if _, spawned := c.(*ssa.Go); spawned || guard.Kind == behaviour.Guarded && guard.Covers(c) {
				return
			}
			for _, callee := range e.Called(c) {
				add(callee, reached[fn])
			}
		})
	}
	return reached
}

// Modules that are the frame of a service and not its dependencies: a guard
// around each of their calls would wrap everything.
var frames = []string{
	"github.com/gin-gonic/", "github.com/labstack/", "github.com/go-chi/", "github.com/gofiber/", "github.com/gorilla/", "github.com/valyala/fasthttp",
	"github.com/julienschmidt/httprouter", "google.golang.org/grpc", "google.golang.org/protobuf", "connectrpc.com/",
	"go.uber.org/zap", "github.com/sirupsen/", "github.com/rs/zerolog", "k8s.io/klog", "github.com/go-kit/log", "github.com/go-logr/", "go.uber.org/atomic",
	"github.com/prometheus/client_golang", "go.opentelemetry.io/", "github.com/getsentry/", "golang.org/x/", "github.com/pkg/errors",
	"github.com/backstop-go/backstop", "github.com/google/uuid", "github.com/spf13/",
}

func thirdParty(pass *rule.Pass, fn *types.Func) bool {
	if fn.Pkg() == nil || ir.StdFunc(fn) {
		return false
	}
	path := fn.Pkg().Path()
	own := module(pass)
	if path == own || strings.HasPrefix(path, own+"/") {
		return false
	}
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return false // no module has such a path: it is the same project
	}
	for _, f := range frames {
		if strings.HasPrefix(path, f) {
			return false
		}
	}
	return true
}

func module(pass *rule.Pass) string {
	if pass.Module != nil && pass.Module.Path != "" {
		return pass.Module.Path
	}
	return pass.Pkg.Path()
}
