package main

import (
	"regexp"
	"runtime"
	"sort"
	"strings"
)

func init() {
	register("collections", collections)
	register("gctrace-lines", gctraceLines)
}

// collections lets the collector start by itself a few times, and then asks for
// it. It is for gctraceLines.
func collections() {
	var pages [][]byte
	for len(pages) < 64 {
		pages = append(pages, make([]byte, 1<<20))
	}
	for i := 0; i < 5; i++ { // the first may find a collection under way
		runtime.GC()
	}
	runtime.KeepAlive(pages)
}

var gctraceEnd = regexp.MustCompile(`(?m)^gc \d+ @.*, (.*)$`)

// gctraceLines lists how the lines of GODEBUG=gctrace=1 end, each way once, with
// N for a number.
func gctraceLines() {
	text, err := childText("collections", "GODEBUG=gctrace=1")
	if err != nil {
		fail(err)
	}
	digits := regexp.MustCompile(`\d+`)
	ways := make(map[string]bool)
	for _, m := range gctraceEnd.FindAllStringSubmatch(text, -1) {
		ways[digits.ReplaceAllString(m[1], "N")] = true
	}
	var all []string
	for way := range ways {
		all = append(all, way)
	}
	sort.Strings(all)
	say("ends", strings.Join(all, "; "))
}
