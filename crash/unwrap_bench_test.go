package crash

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// hostile are texts made to cost the stage before the assembler as much as they
// can: what it holds, learns, takes apart and reads again.
var hostile = map[string]func(i int) string{
	"prose":         func(i int) string { return "2026/11/20 12:00:00 don't panic: it is fine\n" },
	"guesses":       func(i int) string { return fmt.Sprintf("host%d: goroutine 1 [running]:\n", i) },
	"sources":       func(i int) string { return fmt.Sprintf("h%d goroutine 1 [running]:\nh%d main.f()\n", i, i) },
	"compose":       func(i int) string { return fmt.Sprintf("h%d | panic: x\n", i%20) },
	"records":       func(i int) string { return fmt.Sprintf(`{"host":"h%d","msg":"panic: x","a":"b"}`, i%17) + "\n" },
	"nested":        func(i int) string { return fmt.Sprintf("a%d | b%d | c%d | panic: x\n", i%3, i%5, i%7) },
	"quotes":        func(i int) string { return `"panic: ""goroutine 1 [running]:"` + "\n" },
	"backslashes":   func(i int) string { return `panic: "` + strings.Repeat(`\`, 99) + `n"` + "\n" },
	"text":          func(i int) string { return `{"stack":"goroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n"}` + "\n" },
	"escaped":       func(i int) string { return `x goroutine 1 [running]:\nmain.f()\n\t/x.go:1 +0x1\n` + "\n" },
	"newest first":  func(i int) string { return "\t/x.go:1 +0x1\nmain.f()\n" },
	"turned around": func(i int) string { return "\t/x.go:1 +0x1\nmain.f()\ngoroutine 1 [running]:\npanic: x\n" },
	"positions":     func(i int) string { return "\t/x.go:1 +0x1\n" },
	"suffix":        func(i int) string { return "panic: x -\ngoroutine 1 [running]: -\n" },
	"suffixes":      func(i int) string { return fmt.Sprintf("goroutine %d [running]: %s\n", i, strings.Repeat("-", i%30)) },
	"octal":         func(i int) string { return "panic: x\n#011#012#011\n#011/x.go:1 +0x1\n" },
	"entities":      func(i int) string { return "goroutine 1 [running]:\nmain.f()\n&#43;&lt;&gt;&amp; +0x1\n" },
	"tails": func(i int) string {
		return "panic: x\ngoroutine 1 [running]:\nexample.com/shop/cart.Add(0x1,\n0x2,\n0x3,\n"
	},
	"broken":  func(i int) string { return "panic: x\ngoroutine 1 [running " + strings.Repeat("x", 40) + "\n]:\n" },
	"glue":    func(i int) string { return "goroutine 1 [running]:main.f()/x.go:1 +0x1" },
	"headers": func(i int) string { return "goroutine 1 [running " },
	"created": func(i int) string { return "created by a " },
	"offsets": func(i int) string { return "/x.go:1 +0x1abcdef" },
	"closing": func(i int) string { return ") /" },
	"wide":    func(i int) string { return "p\x00a\x00n\x00i\x00c\x00:\x00 \x00x\x00\n\x00" },
	"padding": func(i int) string {
		return "panic: x   \ngoroutine 1 [running]:   \nmain.f()   \n    /x.go:1 +0x1   \n"
	},
	"doubled":    func(i int) string { return "panic: x\n\ngoroutine 1 [running]:\n\nmain.f()\n\n\t/x.go:1 +0x1\n\n" },
	"parts":      func(i int) string { return "2026-11-20T12:00:00.1Z stderr P panic: xxxxxxxxxxxxxxx\n" },
	"code marks": func(i int) string { return "`panic: x`\n`goroutine 1 [running]:`\n" },
	"braces":     func(i int) string { return `{"panic: ":{` },
	"marks":      func(i int) string { return "goroutine 1 [running]:↵↵main.f()↵" },
	"mark lines": func(i int) string { return "panic: x↵goroutine 1 [running]:↵main.f()↵/x.go:1 +0x1\n" },
	"tags":       func(i int) string { return "goroutine 1 [running]:<br><br <td>main.f()\n" },
	"tag":        func(i int) string { return "panic: &<a " },
	"columns":    func(i int) string { return fmt.Sprintf("%d,\"panic: x\"\n%d,\"goroutine 1 [running]:\"\n", i, i) },
	"counters":   func(i int) string { return fmt.Sprintf("a=%d b=%d goroutine 1 [running]:\n", i, i/2) },
	"loose":      func(i int) string { return "|" + strings.Repeat(" ", i%50) + "goroutine 1 [running]: |\n" },
	"members":    func(i int) string { return `{"m":"goroutine 1 [running]:"},` },
	"indented":   func(i int) string { return strings.Repeat(" ", i%20) + "goroutine 1 [running]:\n" },
	"entries": func(i int) string {
		return "Nov 20 12:00:00 n s[1]: panic: x\n     goroutine 1 [running]:\n     main.f()\n"
	},
	"markdown": func(i int) string { return "panic: x\ngoroutine 1 \\[running\\]:\nmain.f\\_g()\n" },
	"colours":  func(i int) string { return "\x1b[31mpanic: \x1b[0m\x1b[" },
	"array":    func(i int) string { return `"goroutine 1 [running]:",[` },
}

func hostileText(name string, size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		b.WriteString(hostile[name](i))
	}
	return b.Bytes()
}

// BenchmarkHostile shows that the speed does not fall when there is more of it:
// each pair of figures is for a text and for one of four times its length.
func BenchmarkHostile(b *testing.B) {
	for name := range hostile {
		for _, size := range []int{1 << 19, 1 << 21} {
			text := hostileText(name, size)
			b.Run(fmt.Sprintf("%s/%dk", strings.ReplaceAll(name, " ", "-"), size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for i := 0; i < b.N; i++ {
					drain(b, text)
				}
			})
		}
	}
}

func drain(tb testing.TB, text []byte) (crashes int) {
	tb.Helper()
	r := NewReader(bytes.NewReader(text))
	for {
		_, err := r.Next()
		if err == io.EOF {
			return crashes
		}
		if err != nil {
			tb.Fatal(err)
		}
		crashes++
	}
}

// The work that a text costs grows with its length and no faster. It is counted
// in bytes allocated, which copies, records and reports all show up in.
func TestHostileTextCostsItsLength(t *testing.T) {
	for name := range hostile {
		small, large := allocated(t, hostileText(name, 1<<17)), allocated(t, hostileText(name, 1<<19))
		if large > 5*small+maxLine { // the buffer grows with the longest line
			t.Errorf("%s: four times the text takes %d bytes, not %d", name, large, small)
		}
	}
}

func allocated(t *testing.T, text []byte) uint64 {
	var before, after runtime.MemStats
	drain(t, text) // fills pools
	runtime.ReadMemStats(&before)
	drain(t, text)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
