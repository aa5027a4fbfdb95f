// Command tracee panics, recovers, dies, parks and serves as it is told, and
// says of itself what an observer from outside should see. It reads commands
// from standard input, one a line, and answers each with a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// A frame is one call as runtime.CallersFrames has it.
type frame struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// A seen is one panic as a deferred function sees it.
type seen struct {
	Type  string  `json:"type"`
	Text  string  `json:"text"`
	Goid  uint64  `json:"goid"`
	Stack []frame `json:"stack"` // from the caller of gopanic on
}

type answer struct {
	Command string `json:"command"`
	PID     int    `json:"pid"`
	Panics  []seen `json:"panics,omitempty"`
	Count   int    `json:"count,omitempty"`
	CPU     int64  `json:"cpu,omitempty"`  // nanoseconds of this process
	Text    string `json:"text,omitempty"` // an address, a traceback
	Error   string `json:"error,omitempty"`
}

// now collects what the current command saw.
var now answer

func main() {
	in := bufio.NewReader(os.Stdin)
	say(answer{Command: "ready"})
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		now = answer{Command: words[0]}
		run(words[0], words[1:])
		say(now)
	}
}

func say(a answer) {
	a.PID = os.Getpid()
	b, err := json.Marshal(a)
	if err != nil {
		b = []byte(fmt.Sprintf(`{"error":%q}`, err))
	}
	os.Stdout.Write(append(b, '\n'))
}

func run(name string, args []string) {
	if f, ok := shapes[name]; ok {
		f()
		return
	}
	if f, ok := others[name]; ok {
		f(args)
		return
	}
	if name == "shapes" {
		for name := range shapes {
			now.Text += name + " "
		}
		return
	}
	now.Error = "unknown command " + name
}

func number(args []string, i, otherwise int) int {
	if i < len(args) {
		if n, err := strconv.Atoi(args[i]); err == nil {
			return n
		}
	}
	return otherwise
}

// note is called by a deferred function with what it recovered.
func note(value any) {
	text := fmt.Sprint(value)
	if err, ok := value.(error); ok {
		text = err.Error()
	}
	now.Panics = append(now.Panics, seen{Type: fmt.Sprintf("%T", value), Text: text, Goid: goid(), Stack: callers()})
}

// callers is the stack below the first gopanic.
func callers() []frame {
	pcs := make([]uintptr, 4096)
	pcs = pcs[:runtime.Callers(2, pcs)]
	var all []frame
	frames, below := runtime.CallersFrames(pcs), false
	for {
		f, more := frames.Next()
		if below {
			all = append(all, frame{f.Function, f.File, f.Line})
		}
		if f.Function == "runtime.gopanic" {
			below = true
		}
		if !more {
			return all
		}
	}
}

func goid() uint64 {
	b := make([]byte, 64)
	b = b[:runtime.Stack(b, false)]
	n, _ := strconv.ParseUint(strings.Fields(string(b))[1], 10, 64)
	return n
}
