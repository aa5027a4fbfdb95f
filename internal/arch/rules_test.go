package arch

const module = "github.com/backstop-go/backstop"

// A rule says what the packages at and below one directory may import besides
// the standard library. The first matching rule decides, so that a narrow
// directory stands before a wide one.
type rule struct {
	dir   string   // relative to the repository; "" is the root package itself
	allow []string // import paths; a trailing "/..." means everything below as well
	why   string   // printed when the rule is broken
}

const cmdInternal = module + "/cmd/backstop/internal/"

// rules is the dependency rule of ARCHITECTURE.md. Arrows point one way.
var rules = []rule{
	{"crash", nil, "crash is the model at the bottom: it imports nothing of ours"},
	{"event", []string{module + "/internal/errs", module + "/crash"}, "an event wraps a report and knows nothing of who made it"},
	{"internal/arch", nil, "the rule itself depends on nothing"},
	{"internal/crashtest", nil, "test support is imported by every test, so it imports nobody"},
	{"internal/gobin", []string{module + "/internal/gobin", module + "/internal/gobin/...", module + "/internal/crashtest"}, "gobin reads executables for whoever asks, so it knows nobody"},
	{"internal/errs", nil, "errs adds to errors of everybody"},
	{"internal/goid", nil, "goid reads a number of the runtime's and knows nobody"},
	{"internal/headline", []string{module + "/crash", module + "/internal/crashtest"}, "headline knows texts; its tests let programs die and read what they leave"},
	{"internal/host", []string{module + "/crash", module + "/event"}, "host fills in events, and names the class of a death without text"},
	{"internal/inflight", []string{module + "/internal/errs", module + "/crash", module + "/event"}, "the table holds requests as events tell of them"},
	{"internal/redact", []string{module + "/crash"}, "redact knows texts; its tests read the crashes it has masked"},
	{"internal/sampling", nil, "sampling gives watches their turn and knows none"},
	{"internal/spool", []string{module + "/internal/errs", module + "/event"}, "the spool stores and sends events"},
	{"mark", []string{module, module + "/crash", module + "/event"}, "marks are hooks of the SDK"},
	{"internal/monitor", []string{module + "/internal/errs", module + "/event", module + "/internal/host", module + "/internal/inflight", module + "/internal/redact", module + "/internal/spool"}, "the monitor spools crash text and does not read it"},

	{"cmd/backstop/internal/issue", []string{module + "/crash", module + "/event"}, "issue is pure: events in, changes out"},
	{"cmd/backstop/internal/store/sqlite", []string{module + "/crash", module + "/event", cmdInternal + "issue", cmdInternal + "store"}, "a store knows the types it keeps and no stage"},
	{"cmd/backstop/internal/store", []string{module + "/crash", module + "/event", cmdInternal + "issue"}, "the store's types stand below the stages"},
	{"cmd/backstop/internal/ingest", []string{module + "/crash", module + "/event", module + "/internal/headline", module + "/internal/inflight"}, "ingest makes events out of bytes and knows no other stage"},
	{"cmd/backstop/internal/vet", []string{module + "/analysis/...", cmdInternal + "textview"}, "vet writes what the driver found"},
	{"cmd/backstop/internal/web", []string{module + "/analysis/rule", module + "/analysis/rules", module + "/crash", module + "/event", cmdInternal + "issue", cmdInternal + "store", cmdInternal + "htmlview", cmdInternal + "outline"}, "pages read the store, draw reports as htmlview does, and know nothing else"},
	{"cmd/backstop/internal/server", []string{module + "/crash", module + "/event", module + "/internal/...", cmdInternal + "..."}, "the server wires the stages"},
	{"cmd/backstop/internal/supervise", []string{module + "/crash", module + "/event", module + "/internal/..."}, "the supervisor makes events and knows no stage"},
	{"cmd/backstop/internal/source", []string{module + "/crash"}, "source finds the file of a frame and needs the frame only"},
	{"cmd/backstop/internal/program", []string{module + "/crash", module + "/internal/gobin", module + "/internal/headline", cmdInternal + "source"}, "program answers questions about frames from source and executables"},
	{"cmd/backstop/internal/outline", []string{module + "/crash", cmdInternal + "source"}, "what to show of a report is decided from the report and its source"},
	{"cmd/backstop/internal/textview", []string{module + "/crash", cmdInternal + "outline", cmdInternal + "source"}, "drawing a report needs the report and its outline only"},
	{"cmd/backstop/internal/htmlview", []string{module + "/crash", cmdInternal + "outline", cmdInternal + "source"}, "drawing a report needs the report and its outline only"},
	{"cmd/backstop/internal/cgroup", nil, "cgroups are files: whoever bounds programs makes them"},
	{"cmd/backstop/internal/tracee", []string{module + "/internal/crashtest"}, "test support is imported by every test"},
	{"cmd/backstop/internal/coretest", []string{module + "/internal/crashtest"}, "test support is imported by every test"},
	{"cmd/backstop/internal/htmltest", nil, "test support is imported by every test, so it imports nobody"},
	{"cmd/backstop/internal/capture", []string{module + "/crash", module + "/event", module + "/internal/crashtest", cmdInternal + "server", cmdInternal + "store", cmdInternal + "cgroup"}, "the capture matrix asks a collector what it has of programs that crashed"},
	{"cmd/backstop/internal/goproc", []string{cmdInternal + "tracee", module + "/internal/errs", module + "/crash", module + "/internal/crashtest", module + "/internal/gobin", module + "/internal/gobin/layout", cmdInternal + "goproc", cmdInternal + "goproc/..."}, "goproc reads a program in memory, wherever the memory is"},
	{"cmd/backstop/internal/trace/probe", []string{cmdInternal + "tracee", module + "/internal/crashtest", module + "/internal/gobin", module + "/internal/gobin/layout", cmdInternal + "goproc", cmdInternal + "trace/bpf"}, "probe sites are a question about an executable"},
	{"cmd/backstop/internal/trace/bpf", []string{cmdInternal + "tracee", module + "/internal/crashtest", module + "/internal/gobin/layout", cmdInternal + "goproc", cmdInternal + "goproc/...", cmdInternal + "trace/probe", cmdInternal + "trace/rights", module + "/internal/gobin"}, "records leave the kernel without an opinion about them"},
	{"cmd/backstop/internal/trace/attend", []string{module + "/internal/crashtest", cmdInternal + "goproc/ptrace"}, "who attends a process knows threads and signals, and nothing of Go"},
	{"cmd/backstop/internal/trace/rights", []string{module + "/internal/crashtest"}, "rights are between this process and the kernel"},
	{"cmd/backstop/internal/trace", []string{cmdInternal + "tracee", module + "/crash", module + "/event", module + "/internal/...", module + "/analysis/...", cmdInternal + "goproc", cmdInternal + "goproc/...", cmdInternal + "postmortem", cmdInternal + "source", cmdInternal + "textview", cmdInternal + "trace", cmdInternal + "trace/..."}, "the tracer makes events and knows no stage"},
	{"cmd/backstop/internal/postmortem", []string{cmdInternal + "coretest", cmdInternal + "tracee", module + "/crash", module + "/event", module + "/internal/...", cmdInternal + "goproc", cmdInternal + "goproc/...", cmdInternal + "outline", cmdInternal + "postmortem/...", cmdInternal + "source", cmdInternal + "textview"}, "a snapshot is a report of goroutines and the memory behind it"},
	{"cmd/backstop/internal/labrun/compat", []string{module + "/event", module + "/internal/crashtest", module + "/internal/spool", cmdInternal + "labrun", cmdInternal + "server", cmdInternal + "store", cmdInternal + "supervise"}, "compat drives the supervisor and the collector from outside, as the demo does"},
	{"cmd/backstop/internal/labrun", []string{module + "/crash", module + "/event", module + "/internal/host", module + "/internal/gobin", module + "/lab", module + "/lab/...", module + "/internal/crashtest", cmdInternal + "labrun", cmdInternal + "labrun/...", cmdInternal + "server", cmdInternal + "store", cmdInternal + "cgroup", cmdInternal + "textview"}, "the lab runs programs and reads what they leave"},
	{"cmd/backstop/internal/doctor", []string{cmdInternal + "tracee", module + "/internal/...", cmdInternal + "goproc", cmdInternal + "goproc/...", cmdInternal + "trace/bpf", cmdInternal + "trace/probe", cmdInternal + "trace/host", cmdInternal + "trace/rights"}, "the doctor tries what the SDK and the supervisor need, and uses neither"},
	{"cmd/backstop/internal/demo", []string{module + "/crash", module + "/event", module + "/internal/...", cmdInternal + "server", cmdInternal + "supervise", cmdInternal + "store"}, "the demo drives the server and the supervisor from outside"},
	{"cmd/backstop", []string{module + "/analysis/...", module + "/crash", module + "/event", module + "/internal/...", module + "/lab/...", cmdInternal + "..."}, "the command may use everything of ours"},

	{"lab", []string{module + "/lab/..."}, "the lab is programs of anybody's: the standard library, and its own harness and lists"},

	{"analysis/rule", nil, "a rule is the contract all rules share, and knows none"},
	{"analysis/model", nil, "the model is data about other people's functions"},
	{"analysis/internal/ir", nil, "ir asks SSA and knows nothing of ours"},
	{"analysis", []string{module + "/analysis/..."}, "analyzers are importable by any driver: they know x/tools and each other"},

	{"contrib/golangci", []string{module + "/analysis/..."}, "a linter of golangci-lint is analyzers and nothing of the SDK"},
	{"contrib", []string{module, module + "/event", module + "/crash", module + "/mark"}, "an adapter knows the SDK and the library it adapts, and no other adapter"},

	{"bench", []string{module, module + "/crash"}, "benchmarks measure what they name"},
	{"examples/shop", []string{module, module + "/examples/shop/..."}, "the sample service is a user of the SDK like any other"},

	{"safe", []string{module, module + "/event"}, "the toolbox is a user of the SDK"},
	{"leak", []string{module, module + "/crash", module + "/event", module + "/internal/sampling"}, "the watch over goroutines hangs on the SDK's sampling and reads tracebacks"},

	{"", []string{module + "/internal/errs", module + "/crash", module + "/event", module + "/internal/goid", module + "/internal/host", module + "/internal/inflight", module + "/internal/monitor", module + "/internal/redact", module + "/internal/sampling", module + "/internal/spool"}, "the SDK stands on crash, event and its helpers"},
}

// A library is a third-party module and the one directory of ours that may
// import it; adapters in contrib have rows of their own. Tests of other packages
// may use those marked inTests.
type library struct {
	path    string
	dir     string
	inTests bool
	below   bool // packages below dir, too
}

var libraries = []library{
	{"modernc.org/sqlite", "cmd/backstop/internal/store/sqlite", false, false},
	{"github.com/pressly/goose/v3", "cmd/backstop/internal/store/sqlite", false, false},
	{"github.com/klauspost/compress", "cmd/backstop/internal/store/sqlite", false, false},
	{"github.com/klauspost/compress", "cmd/backstop/internal/postmortem/packed", false, false}, // cores as systemd keeps them
	{"github.com/pierrec/lz4/v4", "cmd/backstop/internal/postmortem/packed", false, false},
	{"github.com/ulikunitz/xz", "cmd/backstop/internal/postmortem/packed", false, false},
	{"golang.org/x/sys", "cmd/backstop/internal/postmortem/packed", false, false},
	{"github.com/prometheus/client_golang", "cmd/backstop/internal/server", false, false},
	{"github.com/gin-gonic/gin", "contrib/gin", false, false},
	{"google.golang.org/grpc", "contrib/grpc", false, false},
	{"google.golang.org/protobuf", "contrib/grpc", false, false},
	{"go.opentelemetry.io/otel", "contrib/otel", false, false},
	{"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "contrib/otel", false, false},
	{"github.com/prometheus/client_golang", "contrib/prometheus", false, false},
	{"golang.org/x/tools", "analysis", false, true},
	{"golang.org/x/tools", "contrib/golangci", false, false},
	{"github.com/golangci/plugin-module-register", "contrib/golangci", false, false},
	{"golang.org/x/sys", "cmd/backstop/internal/supervise", false, false},
	{"golang.org/x/sys", "cmd/backstop/internal/goproc/ptrace", false, false},
	{"golang.org/x/sys", "cmd/backstop/internal/postmortem", false, false},
	{"golang.org/x/sys", "cmd/backstop/internal/coretest", false, false},
	{"golang.org/x/sys", "cmd/backstop/internal/trace", false, true},
	{"github.com/cilium/ebpf", "cmd/backstop/internal/trace/bpf", false, false},
	{"golang.org/x/arch", "cmd/backstop/internal/trace/probe", false, false},
	{"golang.org/x/arch", "cmd/backstop/internal/goproc", false, false}, // where the runtime's code says what its tables do not
	{"github.com/go-delve/delve", "cmd/backstop/internal/postmortem", false, true},
	{"golang.org/x/term", "cmd/backstop", false, false},
	{"go.yaml.in/yaml/v3", "cmd/backstop", false, false},
	{"github.com/DataDog/gostackparse", "bench", false, false},
	{"github.com/maruel/panicparse/v2", "bench", false, false},
	{"github.com/getsentry/sentry-go", "bench", false, false},
	{"github.com/bugsnag/bugsnag-go/v2", "bench", false, false},
	{"github.com/rogpeppe/go-internal", "cmd/backstop", true, false},
	{"github.com/google/go-cmp", "", true, false},
	{"github.com/chromedp/chromedp", "cmd/backstop/internal/htmltest", true, false},
	{"github.com/chromedp/cdproto", "cmd/backstop/internal/htmltest", true, false},
	{"pgregory.net/rapid", "", true, false},
}
