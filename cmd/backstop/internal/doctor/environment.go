package doctor

import (
	"os"
	"strings"
)

// An environment is that of a process: nil is one that may not be read.
type environment map[string]string

func ownEnvironment() environment { return parseEnvironment(os.Environ()) }

func parseEnvironment(list []string) environment {
	env := make(environment, len(list))
	for _, kv := range list {
		if name, value, ok := strings.Cut(kv, "="); ok {
			if _, twice := env[name]; !twice { // the runtime takes the first
				env[name] = value
			}
		}
	}
	return env
}

// godebug returns a setting of GODEBUG: that of the environment, whose last word
// counts, else that of the build.
func (x *examiner) godebug(name string) string {
	value := ""
	settings := x.env["GODEBUG"]
	if x.program != nil {
		settings = x.program.setting("DefaultGODEBUG") + "," + settings
	}
	for _, kv := range strings.Split(settings, ",") {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			value, _, _ = strings.Cut(v, "#")
		}
	}
	return value
}

func (x *examiner) environment() {
	const group = "environment"
	if x.env == nil {
		x.add(group, "variables", Info, "the environment of the process may not be read", "run doctor as the user of the process")
		return
	}
	switch level := x.env["GOTRACEBACK"]; level {
	case "":
		x.add(group, "GOTRACEBACK", OK, "not set, the SDK and backstop run choose", "")
	case "none", "0":
		x.add(group, "GOTRACEBACK", Degraded, level+": tracebacks have no stacks", "unset it")
	case "single", "1":
		x.add(group, "GOTRACEBACK", Degraded, level+": a crash shows one goroutine, and not what the others waited for", "unset it")
	case "all", "system", "2":
		x.add(group, "GOTRACEBACK", OK, level, "")
	case "crash", "wer":
		x.add(group, "GOTRACEBACK", OK, level+": ends with SIGABRT, and a core file where one is allowed", "")
	default:
		x.add(group, "GOTRACEBACK", Info, level+" is no level that the runtime names; it takes numbers, too", "")
	}
	settings := x.env["GODEBUG"]
	if x.program != nil {
		if built := x.program.setting("DefaultGODEBUG"); built != "" {
			settings = strings.TrimPrefix(settings+" (built with "+built+")", " ")
		}
	}
	var bad, hints []string
	if x.godebug("panicnil") == "1" {
		bad = append(bad, "panicnil=1: panic(nil) recovers as nil, and guards cannot tell it from no panic")
		hints = append(hints, "remove panicnil=1, or raise the go line of go.mod to 1.21")
	}
	if x.godebug("tracebacklabels") == "0" {
		bad = append(bad, "tracebacklabels=0: tracebacks show no labels")
		hints = append(hints, "remove tracebacklabels=0 where labels are to name requests")
	}
	if x.godebug("asyncpreemptoff") == "1" {
		bad = append(bad, "asyncpreemptoff=1: goroutines in tight loops show no stack in a crash")
		hints = append(hints, "remove asyncpreemptoff=1")
	}
	switch {
	case len(bad) > 0:
		x.add(group, "GODEBUG", Degraded, strings.Join(bad, "; "), strings.Join(hints, "; "))
	case settings != "":
		x.add(group, "GODEBUG", OK, settings+": nothing that hides crashes", "")
	default:
		x.add(group, "GODEBUG", OK, "not set", "")
	}
}
