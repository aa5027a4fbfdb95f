package demo

import (
	"runtime"
	"slices"

	"github.com/backstop-go/backstop/crash"
	"github.com/backstop-go/backstop/event"
)

// How a step makes something go wrong.
type how int

const (
	byRequest how = iota // a request that meets a bug
	byLeaving            // a client that goes away in the middle of an answer
	byKill               // kill -9 from outside
	byWorker             // the worker process, which has no listener
)

// A call is one HTTP request to the shop. Status is what a healthy shop
// answers; 0 accepts anything, a broken connection included.
type call struct {
	method, path, body string
	status             int
}

// A step makes one thing go wrong. What is expected of Backstop is written down
// here by hand, from what the shop does, and never taken from what was seen.
type step struct {
	bug   string // identity: all events of one bug are one issue
	title string
	how   how
	setup []call // requests that prepare the ground; they are healthy
	call  call
	users int // how many users do it, one after the other; 0 is 1

	class  crash.Class      // "" when nothing must be reported
	seenBy []event.Observer // exactly these
	traced bool             // the event names the request
	dies   bool             // the process does not survive
	exit   string           // how the process ends, when it does
	quiet  string           // why nothing is reported
	answer int              // status the client gets when the process survives; 0 is 500
}

// A phase is the shop running as one release.
type phase struct {
	release string
	steps   []step
}

// sectionOf is the heading a step stands under.
func (p *phase) sectionOf(s *step) string {
	switch {
	case !s.reported():
		return p.release + ": what is not reported"
	case s.dies:
		return p.release + ": no recover can help, the process dies and the supervisor restarts it"
	}
	return p.release + ": a guard recovers the panic, and the shop goes on"
}

// healthy is the traffic of an ordinary day. It comes first, and nothing of it
// may ever be reported.
func healthy() []call {
	return []call{
		{"GET", "/", "", 200},
		{"GET", "/products", "", 200},
		{"GET", "/products?page=2", "", 200},
		{"GET", "/products/CF-100", "", 200},
		{"POST", "/products/CF-100/ratings", `{"stars":5}`, 204},
		{"GET", "/products/CF-100/rating", "", 200},
		{"GET", "/products/TE-100/image?width=32&height=32", "", 200},
		{"GET", "/products/TE-100/recommendations", "", 200},
		{"GET", "/categories/lamps/path", "", 200},
		{"GET", "/search?q=pot", "", 200},
		{"PUT", "/carts/grace", `{"items":{"CF-100":1}}`, 204},
		{"POST", "/carts/grace/items", `{"sku":"CF-200"}`, 200},
		{"GET", "/coupons/spring-20", "", 200},
		{"POST", "/checkout", `{"cart":"grace","email":"grace@example.org","card":"4242"}`, 201},
		{"POST", "/webhooks/payment", `{"charge":"ch_1","amount":12.5}`, 204},
		{"GET", "/products/XX-999", "", 404},
	}
}

var (
	guard      = []event.Observer{event.Guard}
	both       = []event.Observer{event.Monitor, event.Supervisor}
	supervisor = []event.Observer{event.Supervisor}
)

// couponStep is in both phases: one issue, seen in two releases.
func couponStep() step {
	return step{
		bug: "coupon", title: "coupon code without a dash",
		call:  call{method: "GET", path: "/coupons/WELCOME"},
		class: "panic.index", seenBy: guard, traced: true,
	}
}

func plan() []phase {
	return []phase{
		{"demo-1", append(requestPanics(), inProcessRest()...)},
		{"demo-2", append([]step{couponStep()}, deaths()...)},
	}
}

// requestPanics are panics in handlers. The guard around the handlers catches
// them, the client gets a 500, and the shop goes on.
func requestPanics() []step {
	return []step{
		{
			bug: "cart", title: "cart restored without its map",
			setup: []call{{"PUT", "/carts/ada", `{}`, 204}},
			call:  call{method: "POST", path: "/carts/ada/items", body: `{"sku":"CF-100"}`},
			class: "panic.nil_map", seenBy: guard, traced: true,
		},
		couponStep(),
		{
			bug: "page", title: "one page past the last",
			call:  call{method: "GET", path: "/products?page=4"},
			class: "panic.slice_bounds", seenBy: guard, traced: true,
		},
		{
			bug: "rating", title: "average of no ratings",
			call:  call{method: "GET", path: "/products/DK-300/rating"},
			class: "panic.divide", seenBy: guard, traced: true,
		},
		{
			bug: "webhook", title: "webhook field of another type",
			call:  call{method: "POST", path: "/webhooks/payment", body: `{"charge":"ch_2","amount":"12.50"}`},
			class: "panic.iface_conversion", seenBy: guard, traced: true,
		},
		{
			bug: "alert", title: "stock alert to a closed channel",
			setup: []call{{"POST", "/stock/alerts", "", 201}, {"DELETE", "/stock/alerts/1", "", 204}},
			call:  call{method: "POST", path: "/stock/CF-100"},
			class: "panic.closed_chan", seenBy: guard, traced: true,
		},
		{
			bug: "payment", title: "declined card, unchecked", users: 5,
			setup: []call{{"PUT", "/carts/{user}", `{"items":{"CF-110":1}}`, 204}},
			call:  call{method: "POST", path: "/checkout", body: `{"cart":"{user}","email":"{user}@example.org","card":"4000000000000002"}`},
			class: "panic.nil_deref", seenBy: guard, traced: true,
		},
	}
}

// inProcessRest is what else happens without the process dying.
func inProcessRest() []step {
	return []step{
		{
			bug: "points", title: "guarded goroutine of a handler",
			setup:  []call{{"PUT", "/carts/joan", `{"items":{"CF-110":1}}`, 204}},
			call:   call{method: "POST", path: "/checkout", body: `{"cart":"joan","email":"joan@example.org","card":"4242","coupon":"spring-20"}`},
			answer: 201,
			class:  "panic.make_size", seenBy: guard, traced: true,
		},
		{
			bug: "swallowed", title: "panic swallowed by a stray recover",
			call:   call{method: "GET", path: "/products/DK-200/recommendations"},
			answer: 200,
			quiet:  "not seen: only tracing sees it",
		},
		{
			bug: "aborted", title: "client leaves, handler aborts",
			how:   byLeaving,
			call:  call{method: "GET", path: "/orders/export?repeat=100000000"},
			quiet: "http.ErrAbortHandler is no bug",
		},
	}
}

// deaths are what no recover in the handler can catch. The supervisor restarts
// the shop after each. Where it cannot limit the shop's memory, the picture
// that would eat all of the host's is left out.
func deaths() []step {
	all := allDeaths()
	if runtime.GOOS == "linux" {
		return all
	}
	return slices.DeleteFunc(all, func(s step) bool { return s.class == "fatal.oom" })
}

func allDeaths() []step {
	return []step{
		{
			bug: "receipt", title: "panic in a bare goroutine", dies: true, exit: "exit 2",
			setup: []call{{"PUT", "/carts/bob", `{"items":{"CF-100":1}}`, 204}},
			call:  call{method: "POST", path: "/checkout", body: `{"cart":"bob","email":"bob@","card":"4242"}`},
			class: "panic.custom", seenBy: both, traced: true,
		},
		{
			bug: "stats", title: "goroutines write one map", dies: true, exit: "exit 2",
			call:  call{method: "POST", path: "/stats/rebuild?shards=8&lines=1000000"},
			class: "fatal.concurrent_map_writes", seenBy: both, traced: true,
		},
		{
			bug: "tree", title: "recursion over a cyclic tree", dies: true, exit: "exit 2",
			setup: []call{{"PUT", "/categories/kitchen/parent", `{"parent":"tea"}`, 204}},
			call:  call{method: "GET", path: "/categories/tea/path"},
			class: "fatal.stack_overflow", seenBy: both, traced: true,
		},
		{
			bug: "image", title: "picture of 40000 x 40000 pixels", dies: true, exit: "exit 2",
			call:  call{method: "GET", path: "/products/CF-100/image?width=40000&height=40000"},
			class: "fatal.oom", seenBy: both, traced: true,
		},
		{
			bug: "unlock", title: "mutex unlocked twice", dies: true, exit: "exit 2",
			setup: []call{{"PUT", "/carts/max", `{"items":{"CF-100":11}}`, 204}},
			call:  call{method: "POST", path: "/checkout", body: `{"cart":"max","email":"max@example.org","card":"4242"}`},
			class: "fatal.sync_unlock", seenBy: both, traced: true,
		},
		{
			bug: "reload", title: "os.Exit in a configuration reload", dies: true, exit: "exit 78",
			call:  call{method: "POST", path: "/admin/reload", body: "currency = CHF"},
			class: "exit.os_exit", seenBy: supervisor,
		},
		{
			bug: "search", title: "log.Fatal on a missing service", dies: true, exit: "exit 1",
			call:  call{method: "GET", path: "/search?q=moka+pot"},
			class: "exit.log_fatal", seenBy: supervisor,
		},
		{
			bug: "kill", title: "kill -9 from outside", how: byKill, dies: true, exit: "SIGKILL",
			class: "kill.sigkill", seenBy: supervisor,
		},
		{
			bug: "worker", title: "deadlock in the worker", how: byWorker, dies: true, exit: "exit 2",
			class: "fatal.deadlock", seenBy: both,
		},
	}
}

// times is how often a step is carried out.
func (s *step) times() int { return max(s.users, 1) }

// reported tells steps that must give an event from those that must not.
func (s *step) reported() bool { return s.class != "" }

// users are the people who meet a bug that several people meet.
var users = []string{"ada", "edsger", "tony", "barbara", "niklaus"}
