// Package bench measures Backstop beside its peers, in one run: figures of
// shared machines mean something only as ratios. It is a module of its own, so
// that the peers are in nobody's module graph.
//
//	go test -run '^$' -bench Dump ./bench
//
// reads tracebacks of a real server that dies with 10 to 100,000 goroutines,
// and reports megabytes for each second of processor time (cpuMB/s).
//
//	go test -run '^$' -bench 'Guard|Middleware|Capture' ./bench
//
// compares what guards and middleware cost with sentry-go and bugsnag-go.
package bench
