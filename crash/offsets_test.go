package crash

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// What stands between Start and End is the crash, and nothing else.
func TestOffsets(t *testing.T) {
	const first = "panic: one\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:3 +0x1d\n"
	const second = "fatal error: two\n\ngoroutine 7 [running]:\nmain.main()\n\t/src/main.go:4 +0x1d\ncreated by main.init\n\t/src/main.go:5 +0x2\n"
	var lines, message []string
	for i := 0; i < 150; i++ {
		lines = append(lines, fmt.Sprintf("\t/src/main.go:%d +0x1d\nmain.f%d(0x1)\n", i+1, i))
	}
	newestFirst := strings.Join(lines, "") + "goroutine 1 [running]:\n\npanic: x\n"
	for i := 0; i < 200; i++ {
		message = append(message, "\tmore\n")
	}
	again := "panic: x\n" + strings.Join(message, "") + "\ngoroutine 1 [running]: |\nmain.main() |\n\t/src/main.go:3 +0x1d |\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"alone", first, []string{first}},
		{"log around", "listening\n" + first + "exit status 2\nagain\n" + second + "bye\n", []string{first, second}},
		{"back to back", first + second, []string{first, second}},
		{"blank lines", "\n\n" + first + "\n\n" + second + "\n", []string{first, second}},
		{"no line end", "x\n" + strings.TrimSuffix(first, "\n"), []string{strings.TrimSuffix(first, "\n")}},
		{"many goroutines", "log\n" + string(dump(3000)) + "exit status 2\n", []string{string(dump(3000))}},
		{"newest first", "log\n" + newestFirst + "older\n", []string{newestFirst}},
		{"read again", "log\n" + again, []string{again}},
		{
			"prefixed", "a: start\napp_1  | " + strings.ReplaceAll(strings.TrimSuffix(first, "\n"), "\n", "\napp_1  | ") + "\napp_1  | bye\n",
			[]string{"app_1  | " + strings.ReplaceAll(strings.TrimSuffix(first, "\n"), "\n", "\napp_1  | ") + "\n"},
		},
		{
			"one record", "{\"msg\":\"up\"}\n{\"level\":\"error\",\"msg\":\"panic recovered\",\"stack\":\"goroutine 1 [running]:\\nmain.main()\\n\\t/src/main.go:3 +0x1d\\n\"}\nbye\n",
			[]string{"{\"level\":\"error\",\"msg\":\"panic recovered\",\"stack\":\"goroutine 1 [running]:\\nmain.main()\\n\\t/src/main.go:3 +0x1d\\n\"}\n"},
		},
	} {
		all := parseEach(NewReader(bytes.NewReader([]byte(c.text))))
		if len(all) != len(c.want) {
			t.Errorf("%s: %d crashes", c.name, len(all))
			continue
		}
		for i, r := range all {
			if got := c.text[r.Start:r.End]; got != c.want[i] {
				t.Errorf("%s: crash %d is %q, want %q", c.name, i, got, c.want[i])
			}
		}
	}
}
