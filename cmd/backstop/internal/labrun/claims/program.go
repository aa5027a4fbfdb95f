package claims

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/bounded"
	"github.com/backstop-go/backstop/lab/claim"
)

// goWait bounds a go command: it may have to build the standard library.
const goWait = 5 * time.Minute

// program measures what compiler, linker and tools say of a program.
func (e *engine) program(ctx context.Context, u *unit) (found, error) {
	run := labrun.GoRun{Files: files(u.code), Env: strings.Fields(u.variant.Env), Wait: goWait}
	switch u.kind {
	case claim.KindCompile:
		run.Args = append(append([]string{"build", "-o", "program"}, words(u.name)...), ".")
	case claim.KindAsm:
		run.Args = []string{"build", "-gcflags=-S", "-o", "program", "."}
	default:
		run.Args = words(u.name)
	}
	if why := needsC(u); why != "" {
		return u.notRun(why), nil
	}
	result, output, err := e.lab.Go(ctx, u.toolchain.Toolchain, u.variant.GoLine, run)
	if err != nil {
		return nil, err
	}
	if result.Hung {
		return u.notRun(fmt.Sprintf("go %s took more than %v", strings.Join(run.Args, " "), goWait)), nil
	}
	status := exitStatus(&result)
	switch u.kind {
	case claim.KindCompile:
		return u.texts(func(claim.Measure) string { return built(status, output) }), nil
	case claim.KindAsm:
		if status != "0" {
			return u.notRun("it does not compile: " + built(status, output)), nil
		}
		return asm(u, output)
	}
	return u.texts(func(m claim.Measure) string {
		if m.Key == "status" {
			return status
		}
		return strings.TrimSpace(output)
	}), nil
}

// words splits arguments at spaces, but not within single quotes.
func words(args string) []string {
	var all []string
	word, quoted := "", false
	for _, r := range args + " " {
		switch {
		case r == '\'':
			quoted = !quoted
		case r != ' ' || quoted:
			word += string(r)
		case word != "":
			all = append(all, word)
			word = ""
		}
	}
	return all
}

// files splits the code of a measure into files by name.
func files(code string) map[string]string {
	if code == "" {
		return nil
	}
	if !strings.HasPrefix(code, "-- ") {
		return map[string]string{"main.go": code}
	}
	all := make(map[string]string)
	for _, part := range strings.Split("\n"+code, "\n-- ")[1:] {
		name, text, _ := strings.Cut(part, " --\n")
		all[name] = text + "\n"
	}
	return all
}

func exitStatus(r *bounded.Result) string {
	if r.Exit == nil {
		return "signal " + strconv.Itoa(r.Signal)
	}
	return strconv.Itoa(*r.Exit)
}

var position = regexp.MustCompile(`^(\./)?[\w./-]+\.(go|s|c):[0-9]+(:[0-9]+)?: `)

// built is "ok", or the first error without its place.
func built(status, output string) string {
	if status == "0" {
		return "ok"
	}
	for _, line := range strings.Split(output, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		return position.ReplaceAllString(line, "")
	}
	return "status " + status
}

func asm(u *unit, output string) (found, error) {
	values := make(found)
	for _, m := range u.measures {
		re, err := regexp.Compile(m.Key)
		if err != nil {
			return nil, err
		}
		values[m] = claim.Value{Text: strconv.FormatBool(re.MatchString(output))}
	}
	return values, nil
}

var usesC = regexp.MustCompile(`(?m)^import "C"|^\s*"C"$|(^|\s)-(race|asan|msan)\b|buildmode=c-`)

// needsC says that a program needs a C compiler where there is none.
func needsC(u *unit) string {
	if !usesC.MatchString(u.code) && !usesC.MatchString(u.name) {
		return ""
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		return "needs C compiler: " + err.Error()
	}
	return ""
}
