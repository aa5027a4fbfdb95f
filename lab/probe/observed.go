package main

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
)

func init() {
	register("inlined-stack", inlinedStack)
	register("panic-metrics", panicMetrics)
	register("panic-alert", panicAlert)
	register("middleware", middleware)
}

// inlinedStack panics in a function that the compiler inlines.
func inlinedStack() {
	stack, inlined := "", false
	func() {
		defer func() {
			if recover() == nil {
				return
			}
			stack = string(debug.Stack())
			pcs := make([]uintptr, 64)
			frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
			for {
				f, more := frames.Next()
				if f.Function == "main.checkLimit" {
					inlined = f.Func == nil // as runtime.Frame says of inlined calls
				}
				if !more {
					return
				}
			}
		}()
		charge(7)
	}()
	say("is_inlined", inlined)
	say("names_inlined_function", strings.Contains(stack, "main.checkLimit("))
	say("has_its_line", strings.Contains(stack, "observed.go:"))
}

//go:noinline
func charge(amount int) { checkLimit(amount) }

func checkLimit(amount int) {
	if amount > 5 {
		panic("too much")
	}
}

// panicMetrics looks through the names of all metrics of the runtime.
func panicMetrics() {
	named, counts := false, false
	for _, m := range metrics.All() {
		named = named || strings.Contains(m.Name, "go_panic_total")
		// /godebug/... counts uses of a setting and no panics.
		counts = counts || strings.Contains(m.Name, "panic") && !strings.HasPrefix(m.Name, "/godebug/")
	}
	say("has_go_panic_total", named)
	say("counts_panics", counts)
}

// panicAlert evaluates rate(c[1h]) > 0.1 for counters that are scraped every 15
// seconds: the increase between the first and the last sample of the hour, by
// second.
func panicAlert() {
	const scrape, hour = 15.0, 3600.0
	fires := func(counter func(second float64) (n float64, exists bool)) bool {
		first, last, from, to, seen := 0.0, 0.0, 0.0, 0.0, false
		for at := 0.0; at <= hour; at += scrape {
			n, exists := counter(at)
			if !exists {
				continue
			}
			if !seen {
				first, from, seen = n, at, true
			}
			last, to = n, at
		}
		return to > from && (last-first)/hour > 0.1
	}
	steady := func(perMinute float64) bool {
		return fires(func(s float64) (float64, bool) { return float64(int(s * perMinute / 60)), true })
	}
	say("fires_at_3.2_a_minute", steady(3.2))
	say("fires_at_6.2_a_minute", steady(6.2))
	say("fires_for_300_in_a_minute", fires(func(s float64) (float64, bool) {
		switch {
		case s < 1800:
			return 0, true
		case s < 1860:
			return (s - 1800) * 5, true
		}
		return 300, true
	}))
	say("fires_for_500_in_a_process_that_then_is_scraped", fires(func(s float64) (float64, bool) { return 500, s >= 600 }))
}

// panicRecovery is the middleware that everybody writes.
func panicRecovery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if value := recover(); value != nil {
				http.Error(w, "internal server error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// middleware lets a handler panic below it.
func middleware() {
	handler := panicRecovery(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no such user") }))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/login", nil))
	say("status", w.Code)
	w = httptest.NewRecorder()
	panicRecovery(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	say("status_without_panic", w.Code)
}
