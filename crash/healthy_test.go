package crash

import (
	"io"
	"strings"
	"testing"
)

// healthy are texts of programs that did not crash, one log each: none of them
// holds one.
var healthy = []struct{ name, text string }{
	{"log", "2026/11/20 19:44:07 listening on :8080\n2026/11/20 19:44:08 GET /cart/17 200 1.2ms\n2026/11/20 19:44:09 error: context deadline exceeded\n2026/11/20 19:44:10 main.go:17: shutting down\n"},
	{"slog", "time=2026-11-20T19:44:07.123Z level=ERROR msg=\"query failed\" err=\"pq: deadlock detected\" query=\"select f(1)\"\ntime=2026-11-20T19:44:08.123Z level=INFO msg=\"signal: terminated\" source=main.go:12\n"},
	{"json", "{\"level\":\"warn\",\"ts\":1732131847.1,\"caller\":\"shop/cart.go:44\",\"msg\":\"panic threshold reached\",\"panic\":false}\n{\"level\":\"info\",\"msg\":\"no panic: everything is fine\",\"goroutines\":12}\n{\"level\":\"error\",\"msg\":\"upstream said panic\",\"stacktrace\":\"\"}\n"},
	{"nginx access", "10.0.0.7 - - [20/Nov/2026:19:44:07 +0000] \"GET /panic: HTTP/1.1\" 404 153 \"-\" \"curl/8.5.0\"\n10.0.0.7 - bob [20/Nov/2026:19:44:08 +0000] \"POST /goroutine%201%20[running]: HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n"},
	{"nginx error", "2026/11/20 19:44:07 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.7, server: shop, request: \"GET / HTTP/1.1\"\n2026/11/20 19:44:07 [alert] 30#30: worker process 31 exited on signal 11 (core dumped)\n2026/11/20 19:44:07 [emerg] 1#1: host not found in upstream \"cart\" in /etc/nginx/conf.d/shop.conf:12\n"},
	{"java", "Exception in thread \"main\" java.lang.IllegalStateException: panic: cart is empty\n\tat com.example.shop.Cart.total(Cart.java:44)\n\tat com.example.shop.Main.main(Main.java:12)\nCaused by: java.lang.NullPointerException\n\tat com.example.shop.Price.of(Price.java:7)\n\t... 2 more\n"},
	{"java dump", "\"main\" #1 prio=5 os_prio=0 tid=0x00007f nid=0x1 runnable [0x00007f]\n   java.lang.Thread.State: RUNNABLE\n\tat java.net.SocketInputStream.socketRead0(Native Method)\n\tat com.example.shop.Main.main(Main.java:12)\n\n\"GC task thread#0\" os_prio=0 tid=0x00007f nid=0x2 runnable\n"},
	{"python", "Traceback (most recent call last):\n  File \"/srv/shop/cart.py\", line 44, in <module>\n    total(None)\n  File \"/srv/shop/cart.py\", line 12, in total\n    raise ValueError(\"panic: no cart\")\nValueError: panic: no cart\n"},
	{"faulthandler", "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f3c (most recent call first):\n  File \"/srv/shop/cart.py\", line 12 in total\n  File \"/srv/shop/cart.py\", line 44 in <module>\nSegmentation fault (core dumped)\n"},
	{"node", "/srv/shop/cart.js:12\n    throw new Error('panic: no cart');\n    ^\n\nError: panic: no cart\n    at total (/srv/shop/cart.js:12:11)\n    at Object.<anonymous> (/srv/shop/cart.js:44:1)\n    at Module._compile (node:internal/modules/cjs/loader:1105:14)\n\nNode.js v18.0.0\n"},
	{"ruby", "/srv/shop/cart.rb:12:in `total': panic (RuntimeError)\n\tfrom /srv/shop/cart.rb:44:in `<main>'\n"},
	{"rust", "thread 'main' panicked at src/main.rs:12:5:\nindex out of bounds: the len is 3 but the index is 7\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/abc/library/std/src/panicking.rs:652:5\n   1: shop::main\n             at ./src/main.rs:12:5\nnote: run with `RUST_BACKTRACE=full`\n"},
	{"dotnet", "Unhandled exception. System.InvalidOperationException: no cart\n   at Shop.Cart.Total() in /src/Cart.cs:line 44\n   at Shop.Program.Main(String[] args) in /src/Program.cs:line 12\n"},
	{"php", "PHP Fatal error:  Uncaught Error: Call to undefined function total() in /srv/shop/cart.php:44\nStack trace:\n#0 /srv/shop/index.php(12): require()\n#1 {main}\n  thrown in /srv/shop/cart.php on line 44\n"},
	{"gdb", "Program received signal SIGSEGV, Segmentation fault.\n0x000055 in total (c=0x0) at cart.c:44\n#0  0x000055 in total (c=0x0) at cart.c:44\n#1  0x000056 in main () at main.c:12\n"},
	{"systemd", "Nov 20 19:44:07 host systemd[1]: shop.service: Main process exited, code=killed, status=11/SEGV\nNov 20 19:44:07 host systemd[1]: shop.service: Failed with result 'signal'.\nNov 20 19:44:08 host systemd[1]: Started Shop.\nNov 20 19:44:08 host shop[77]: listening (pid 77)\n"},
	{"kernel", "[12345.678901] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n[12345.678902] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0\n[12345.678903] Call Trace:\n[12345.678904]  <TASK>\n[12345.678905]  dump_stack_lvl+0x44/0x5c\n[12345.678906]  panic+0x118/0x2ed\n[12345.678907] ---[ end Kernel panic - not syncing ]---\n"},
	{"segfault", "Nov 20 19:44:07 host kernel: shop[77]: segfault at 0 ip 000055 sp 00007ffd error 4 in shop[400000+1000]\nNov 20 19:44:07 host kernel: Code: 48 8b 00 c3 0f 1f\n"},
	{"k8s events", "LAST SEEN   TYPE      REASON    OBJECT     MESSAGE\n12s         Warning   BackOff   pod/cart   Back-off restarting failed container\n13s         Normal    Killing   pod/cart   Stopping container cart\n14s         Warning   Unhealthy pod/cart   Liveness probe failed: Get \"http://10.0.0.7:8080/healthz\": context deadline exceeded\n15s         Warning   OOMKilling  node/n1  Memory cgroup out of memory: Killed process 77 (shop)\n"},
	{"k8s describe", "    State:          Waiting\n      Reason:       CrashLoopBackOff\n    Last State:     Terminated\n      Reason:       Error\n      Exit Code:    2\n      Started:      Fri, 20 Nov 2026 19:44:07 +0000\n"},
	{"go test", "=== RUN   TestPanic\n--- PASS: TestPanic (0.00s)\n=== RUN   TestRecover\n    cart_test.go:44: recovered: boom\n--- PASS: TestRecover (0.01s)\nPASS\nok  \texample.com/shop/cart\t0.012s\n?   \texample.com/shop\t[no test files]\n"},
	{"go test fails", "--- FAIL: TestTotal (0.00s)\n    cart_test.go:44: Total() = 3, want 4\n        main.go:12 +0x1d\nFAIL\nFAIL\texample.com/shop/cart\t0.012s\nFAIL\n"},
	{"testify", "--- FAIL: TestTotal (0.00s)\n    cart_test.go:44: \n        \tError Trace:\t/src/shop/cart_test.go:44\n        \tError:      \tNot equal: \n        \t            \texpected: 3\n        \t            \tactual  : 4\n        \tTest:       \tTestTotal\nFAIL\nexit status 1\n"},
	{"go build", "# example.com/shop/cart\ncart/cart.go:44:12: undefined: total\ncart/cart.go:45:2: missing return\nmake: *** [Makefile:12: build] Error 1\n"},
	{"go vet", "# example.com/shop\n./main.go:12:2: call to (*T).FailNow from a non-test goroutine\n./main.go:44:9: unreachable code\n"},
	{"diff", "diff --git a/crash/header_test.go b/crash/header_test.go\n--- a/crash/header_test.go\n+++ b/crash/header_test.go\n@@ -12,6 +12,7 @@ func TestHeader(t *testing.T) {\n \tfor _, text := range []string{\n+\t\t\"goroutine 1 [running]:\",\n+\t\t\"goroutine 7 [chan receive, 3 minutes]:\",\n-\tpanic(\"goroutine 1 [running]:\")\n+\tpanic(\"goroutine 1 [running]\")\n \t}\n"},
	{"source", "package main\n\nfunc main() {\n\tif err := run(); err != nil {\n\t\tpanic(err)\n\t}\n\tpanic(\"goroutine 1 [running]\")\n\tfmt.Println(\"panic: boom\")\n\tt.Fatalf(\"fatal error: %v\", err)\n}\n"},
	{"grep", "main.go:12:\tpanic(\"boom\")\nmain.go:44:\t// goroutine 1 [running]:\ncart/cart.go:7:\tlog.Panicf(\"panic: %v\", r)\nruntime/panic.go:884:\tpanic(e)\n"},
	{"markdown", "# Panics\n\nWhen a program panics it prints `panic: ` and the value, then `goroutine 1 [running]:` and the stack.\n\n- `recover` stops a panic\n- a `fatal error: ` cannot be stopped\n\nSee main.go:12 for an example, and runtime.gopanic (runtime/panic.go:884).\n"},
	{"prose", "Don't panic: it is only a log.\nThe words fatal error: mean that the runtime gave up.\nA goroutine 7 [running] is one that runs.\n"},
	{"chat", "bob: did you see the panic: nil map thing?\nann: yes, goroutine 1 [running]: and then nothing\nbob: exit status 2 as usual\n"},
	{"postgres", "2026-11-20 19:44:07.123 UTC [77] PANIC:  could not locate a valid checkpoint record\n2026-11-20 19:44:07.124 UTC [1] LOG:  startup process (PID 77) was terminated by signal 6: Aborted\n2026-11-20 19:44:08.124 UTC [1] FATAL:  the database system is starting up\n"},
	{"redis", "1:M 20 Nov 2026 19:44:07.123 # Server started, Redis version 7.0.0\n1:M 20 Nov 2026 19:44:07.123 * Ready to accept connections\n1:signal-handler (1732131847) Received SIGTERM scheduling shutdown...\n"},
	{"envoy", "[2026-11-20 19:44:07.123][1][critical][backtrace] [./source/server/backtrace.h:104] Caught Segmentation fault, suspect faulting address 0x0\n[2026-11-20 19:44:07.123][1][critical][backtrace] [./source/server/backtrace.h:91] #0: __restore_rt [0x7f3c]\n"},
	{"haproxy", "Nov 20 19:44:07 lb haproxy[7]: 10.0.0.7:51234 [20/Nov/2026:19:44:07.123] web web/s1 0/0/1/2/3 200 153 - - ---- 1/1/0/0/0 0/0 \"GET / HTTP/1.1\"\n"},
	{"klog", "I1120 19:44:07.123456       1 main.go:12] starting\nW1120 19:44:07.123456       1 reflector.go:324] failed to list *v1.Pod: context canceled\nE1120 19:44:07.123456       1 runtime.go:78] observed an error: no panic\nF1120 19:44:07.123456       1 main.go:44] cannot listen\n"},
	{"trace", "main.go:12 0x1d\ncart.total(0x1, 0x2)\nshop.go:44: main.f(7) returned\n"},
	{"pprof top", "Showing nodes accounting for 120ms, 100% of 120ms total\n      flat  flat%   sum%        cum   cum%\n      50ms 41.67% 41.67%       50ms 41.67%  runtime.futex\n      40ms 33.33% 75.00%       40ms 33.33%  main.(*Cart).Total\n"},
	{"strace", "futex(0x55, FUTEX_WAIT_PRIVATE, 0, NULL) = -1 EAGAIN\n--- SIGURG {si_signo=SIGURG, si_code=SI_TKILL, si_pid=77, si_uid=0} ---\nrt_sigreturn({mask=[]}) = 0\n+++ exited with 2 +++\n"},
	{"gc trace", "gc 1 @0.012s 2%: 0.026+0.39+0.10 ms clock, 0.21+0.88/0.52/0+0.84 ms cpu, 4->4->0 MB, 5 MB goal, 8 P\nSCHED 1001ms: gomaxprocs=8 idleprocs=6 threads=5 spinningthreads=0 idlethreads=2 runqueue=0 [0 0 0 0]\n"},
	{"gin", "[GIN-debug] GET    /ping                     --> main.main.func1 (3 handlers)\n[GIN] 2026/11/20 - 19:44:07 | 200 |      54.1µs |        10.0.0.7 | GET      \"/ping\"\n[GIN-debug] [WARNING] Running in \"debug\" mode.\n"},
	{"yaml", "error: |\n  panic threshold\nstate: running\ngoroutines: 12\nstack:\n  - main.go:12\n  - cart.go:44\n"},
	{"csv", "time,kind,message\n1,panic,\"panic: no\"\n2,fatal,\"fatal error\"\n3,info,\"goroutine 1 [running]\"\n"},
	{"shell", "$ go run .\nlistening\n^Csignal: interrupt\n$ echo $?\n1\n$ make\nmake: *** [Makefile:12: run] Error 1\n"},
	{"terraform", "Error: Invalid reference\n\n  on main.tf line 12, in resource \"shop\" \"cart\":\n  12:   size = count.index\n\nA reference to a resource type must be followed by at least one attribute access.\n"},
	{"pkg errors", "level=error msg=\"cannot load: open cart.json: no such file\" caller=main.go:12 trace=\"main.load (main.go:44) <- main.main (main.go:12)\"\n"},
	{"sql", "ERROR 1064 (42000): You have an error in your SQL syntax near 'panic: 1' at line 1\nselect panic(1) from goroutine [running];\n"},
	{"ticker", "fatal: not a git repository (or any of the parent directories): .git\nwarning: data race detector is off\nerror: race\nSIGTERM received, draining\nSIGHUP: reloading configuration\nSIGTERM: shutting down\n"},
	{"signals", "received SIGQUIT: dumping stats\nSIGUSR1: user defined signal 1\nSIGINT: interrupt\nbye\n"},
	{"issue list", "#77 panic: runtime error: index out of range\n#78 fatal error: concurrent map writes\n#79 docs: explain `goroutine 1 [running]:`\n"},
	{"changelog", "## 1.2.0\n\n* fix: panic: assignment to entry in nil map (#77)\n* fix: fatal error: all goroutines are asleep - deadlock! (#78)\n"},
	{"go doc", "func Stack(buf []byte, all bool) int\n    Stack formats a stack trace of the calling goroutine into buf\n    and returns the number of bytes written to buf.\n\nfunc Goexit()\n    Goexit terminates the goroutine that calls it.\n"},
	{"go list", "example.com/shop/cart v0.0.0 => /src/shop/cart\ngolang.org/x/sync v0.7.0\nruntime/debug\n"},
}

// A report is a claim that something died: no log of the living has one.
func TestHealthy(t *testing.T) {
	for _, h := range healthy {
		for _, text := range []string{h.text, strings.Repeat(h.text, 3), strings.ReplaceAll(h.text, "\n", "\r\n")} {
			r := NewReader(strings.NewReader(text))
			for {
				report, err := r.Next()
				if err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s: %s %q at %d, frames %v", h.name, report.Kind, report.Message, report.Start, report.TopFrames())
			}
		}
	}
}
