package supervise

import (
	"debug/buildinfo"
	"runtime/debug"

	"github.com/backstop-go/backstop/event"
)

// executableBuild reads the build information of a Go executable and guesses a
// release as host.Release does for the running one. A program that is not
// written in Go has neither; its release is "unknown".
func executableBuild(path string) (event.Build, string) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return event.Build{}, "unknown" // a script, or not ours to read
	}
	b := event.Build{GoVersion: info.GoVersion, Module: info.Main.Path}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS":
			b.OS = s.Value
		case "GOARCH":
			b.Arch = s.Value
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b, releaseOf(info, b)
}

func releaseOf(info *debug.BuildInfo, b event.Build) string {
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	if b.Revision == "" {
		return "unknown"
	}
	release := b.Revision[:min(12, len(b.Revision))]
	if b.Modified {
		release += "+dirty"
	}
	return release
}
