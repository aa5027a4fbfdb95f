package gobin_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/backstop-go/backstop/internal/gobin"
)

// large makes the command of this repository, by far its largest program.
func large(b *testing.B, flags ...string) string {
	b.Helper()
	exe := filepath.Join(b.TempDir(), "backstop")
	args := append([]string{"build", "-o", exe}, flags...)
	command(b, filepath.Join("..", "..", "cmd", "backstop"), nil, "go", append(args, ".")...)
	info, err := os.Stat(exe)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d bytes", info.Size())
	return exe
}

// BenchmarkOpen opens a large executable and asks one question.
func BenchmarkOpen(b *testing.B) {
	exes := map[string]string{"static": large(b), "pie": large(b, "-buildmode=pie", "-ldflags=-s -w")}
	for name, exe := range exes {
		b.Run(name, func(b *testing.B) {
			f := open(b, exe)
			pc := uint64(0)
			if funcs, err := f.Lookup("net/http.(*conn).serve"); err == nil {
				pc = funcs[0].Entry + 100
			}
			if funcs, err := f.Lookup("bytes.HasPrefix"); err != nil || !funcs[0].Inlined {
				b.Fatalf("not only inlined: %+v, %v", funcs, err)
			}
			b.Logf("%d functions", f.NumFuncs())
			for _, q := range []struct {
				name string
				ask  func(*gobin.File) error
			}{
				{"nothing", func(*gobin.File) error { return nil }},
				{"stack", func(f *gobin.File) error { _, err := f.Stack(pc); return err }},
				{"function", func(f *gobin.File) error { _, err := f.Lookup("net/http.(*conn).serve"); return err }},
				{"inlined", func(f *gobin.File) error { _, err := f.Lookup("bytes.HasPrefix"); return err }},
			} {
				b.Run(q.name, func(b *testing.B) {
					b.ReportAllocs()
					for i := 0; i < b.N; i++ {
						f, err := gobin.Open(exe)
						if err != nil {
							b.Fatal(err)
						}
						if err := q.ask(f); err != nil {
							b.Fatal(err)
						}
						if err := f.Close(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// BenchmarkStack asks an open executable.
func BenchmarkStack(b *testing.B) {
	f := open(b, build(b, current(), stripped))
	funcs, err := f.Lookup("main.inlined")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, err := f.Stack(funcs[0].Entry + 30); err != nil {
			b.Fatal(err)
		}
	}
}
