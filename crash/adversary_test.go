package crash

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// adversaries are texts made to be expensive: each repeats something that makes
// the reader begin, hold, guess or compare.
var adversaries = []struct {
	name string
	unit func(i int) string
}{
	{"headers", func(i int) string { return fmt.Sprintf("goroutine %d [running]:\n", i) }},
	{"headers-blank", func(i int) string {
		return fmt.Sprintf("\ngoroutine %d [running]:\nmain.f()\n\t/src/main.go:%d +0x1d\n", i, i)
	}},
	{"headlines", func(i int) string { return fmt.Sprintf("panic: %d\n", i) }},
	{"same-headline", func(int) string { return "panic: x\n" }},
	{"chain", func(i int) string { return fmt.Sprintf("\tpanic: %d [recovered]\n", i) }},
	{"fatals", func(i int) string { return fmt.Sprintf("fatal error: %d\n\n", i) }},
	{"message-lines", func(i int) string {
		if i == 0 {
			return "panic: first\n"
		}
		return "and another line of it\n"
	}},
	{"one-line", func(int) string { return "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }},
	{"one-line-anchors", func(int) string { return "panic: goroutine 1 [running]: main.f(0x1) " }},
	{"one-line-glued", func(i int) string { return fmt.Sprintf("main.f%d(0x1) /src/main.go:%d +0x1d ", i, i) }},
	{"parentheses", func(int) string { return strings.Repeat("(", 60) + "\n" }},
	{"brackets", func(int) string { return "goroutine 1 [" + strings.Repeat("[", 60) + "]:\n" }},
	{"labels", func(int) string {
		return `goroutine 1 [running labels:{"a": "b", "c": "` + strings.Repeat(`": "`, 20) + "}]:\n"
	}},
	{"calls", func(i int) string { return fmt.Sprintf("main.f%d(0x1)\n", i) }},
	{"positions", func(i int) string { return fmt.Sprintf("\t/src/main.go:%d +0x1d\n", i) }},
	{"reversed", func(i int) string { return fmt.Sprintf("\t/src/main.go:%d +0x1d\nmain.f%d(0x1)\n", i, i) }},
	{"prefixes", func(i int) string { return fmt.Sprintf("svc-%d | goroutine %d [running]:\n", i, i) }},
	{"stamps", func(i int) string { return fmt.Sprintf("2026-11-20T12:00:%02d.%09dZ panic: x\n", i%60, i) }},
	{"records", func(i int) string {
		return fmt.Sprintf("{\"log\":\"goroutine %d [running]:\\n\",\"stream\":\"stderr\"}\n", i)
	}},
	{"record-tracebacks", func(i int) string {
		return fmt.Sprintf("{\"msg\":\"goroutine %d [running]:\\nmain.f()\\n\\t/src/main.go:%d +0x1d\\n\"}\n", i, i)
	}},
	{"open-records", func(int) string { return "{\"msg\":\"goroutine 1 [running]:\\nmain.f()\n" }},
	{"quotes", func(int) string { return strings.Repeat("> ", 30) + "panic: x\n" }},
	{"escapes", func(int) string { return strings.Repeat(`\\n\\t`, 12) + "goroutine 1 [running]:\n" }},
	{"escapes-alone", func(i int) string {
		if i == 0 {
			return "WARNING: DATA RACE\n"
		}
		return `\n.` + fmt.Sprint(i)
	}},
	{"colours", func(int) string { return strings.Repeat("\x1b[31m", 10) + "panic: x\n" }},
	{"races", func(i int) string {
		return fmt.Sprintf("WARNING: DATA RACE\nWrite at 0x00c0 by goroutine %d:\n  main.f()\n", i)
	}},
	{"accessors", func(i int) string {
		if i == 0 {
			return "==================\nWARNING: DATA RACE\n"
		}
		return fmt.Sprintf("Previous write at 0x00c0 by goroutine %d:\n  main.f()\n      /src/main.go:1 +0x1\n", i)
	}},
	{"recursion", func(i int) string {
		if i == 0 {
			return "panic: x\n\ngoroutine 1 [running]:\n"
		}
		return fmt.Sprintf("main.f%d()\n\t/src/main.go:%d +0x1d\n", i%9, i%9)
	}},
	{"ancestors", func(i int) string {
		if i == 0 {
			return "panic: x\n\ngoroutine 1 [running]:\nmain.f()\n\t/src/main.go:1\n"
		}
		return fmt.Sprintf("[originating from goroutine %d]:\nmain.f()\n\t/src/main.go:1\n", i)
	}},
	{"profile", func(i int) string {
		if i == 0 {
			return "goroutine profile: total 9\n"
		}
		return fmt.Sprintf("%d @ 0x43 0x44\n#\t0x43\tmain.f%d+0x1d\t/src/main.go:%d\n", i, i, i)
	}},
	{"zeroes", func(int) string { return strings.Repeat("\x00", 30) + "panic: x\n" }},
	{"invalid", func(int) string { return strings.Repeat("\xff\xfe", 20) + "panic: x\n" }},
	{"distinct-sites", func(i int) string {
		return fmt.Sprintf("goroutine %d [select]:\nmain.f%d(0x1)\n\t/src/f%d.go:%d +0x1d\ncreated by main.g%d in goroutine 1\n\t/src/g.go:%d +0x1d\n\n", i, i, i, i, i, i)
	}},
}

func adversary(unit func(int) string, size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		b.WriteString(unit(i))
	}
	return b.Bytes()
}

// BenchmarkAdversary shows that reading takes time in proportion to the text,
// whatever stands in it: megabytes a second stay level while the text doubles
// and doubles again.
func BenchmarkAdversary(b *testing.B) {
	for _, a := range adversaries {
		for _, size := range []int{128 << 10, 512 << 10, 2 << 20} {
			text := adversary(a.unit, size)
			b.Run(fmt.Sprintf("%s/%dk", a.name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for i := 0; i < b.N; i++ {
					for r := NewReader(bytes.NewReader(text)); ; {
						if _, err := r.Next(); err != nil {
							break
						}
					}
				}
			})
		}
	}
}
