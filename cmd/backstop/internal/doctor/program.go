package doctor

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/backstop-go/backstop/internal/gobin"
)

const (
	groupProgram = "executable"
	sdkModule    = "github.com/backstop-go/backstop"
)

// A program is the executable that is examined.
type program struct {
	path string
	file *gobin.File // nil when its tables cannot be read
	why  error       // then
	info *debug.BuildInfo
	sdk  string // version of the SDK, "" without one
	cgo  bool

	hidden bool // the build tells nothing of itself, as those of obfuscators
}

func (p *program) close() {
	if p.file != nil {
		_ = p.file.Close()
	}
}

// setting returns a setting of the build.
func (p *program) setting(key string) string {
	for _, s := range p.info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// minor is the number after "go1." of its release, -1 if that is unknown.
func (p *program) minor() int {
	_, rest, ok := strings.Cut(p.info.GoVersion, "go1.")
	if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		rest = rest[:end]
	}
	n, err := strconv.Atoi(rest)
	if !ok || err != nil {
		return -1
	}
	return n
}

// openProgram opens the executable. One that is not Go's is an error; one of a
// release whose tables are unknown is examined as far as possible.
func (x *examiner) openProgram() error {
	path := x.options.Executable
	p := &program{path: path, info: &debug.BuildInfo{}}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", path)
	}
	p.file, p.why = gobin.Open(path)
	if p.why == nil {
		if bi, err := p.file.BuildInfo(); err == nil {
			p.info = bi
		}
		if p.info.GoVersion == "" {
			p.info.GoVersion = p.file.GoVersion()
		}
	} else {
		if errors.Is(p.why, fs.ErrPermission) {
			return p.why
		}
		bi, err := buildinfo.ReadFile(path)
		if err != nil {
			return p.why
		}
		p.info = bi
	}
	for _, m := range append([]*debug.Module{&p.info.Main}, p.info.Deps...) {
		if m.Path != sdkModule {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		p.sdk = m.Version
		if p.sdk == "" || p.sdk == "(devel)" {
			p.sdk = "of a source tree"
		}
	}
	// The module alone proves nothing: package crash or event may be all there
	// is of it.
	if p.file != nil && p.sdk != "" && !p.has(sdkModule+".Start") {
		p.sdk = ""
	}
	p.hidden = p.file == nil && len(p.info.Settings) == 0
	p.cgo = p.setting("CGO_ENABLED") == "1"
	if p.file != nil {
		p.cgo = p.hasPackage("runtime/cgo.")
	}
	x.program = p
	return nil
}

func (p *program) has(fn string) bool {
	_, err := p.file.Lookup(fn)
	return err == nil
}

func (p *program) hasPackage(prefix string) (found bool) {
	_ = p.file.Funcs(func(fn gobin.Func) bool { // what was read before an error counts
		found = strings.HasPrefix(fn.Name, prefix)
		return !found
	})
	return found
}

// executable says what the build means for its crashes.
func (x *examiner) executable() {
	p := x.program
	x.release()
	x.linkedSDK()
	switch {
	case p.hidden:
		x.add(groupProgram, "cgo", Info, "unknown: hidden by the build", "")
	case p.cgo:
		x.add(groupProgram, "cgo", Degraded, "linked: no deadlock detection; C code may die in silence",
			"CGO_ENABLED=0 where no C code is needed; backstop run reports how C code died")
	default:
		x.add(groupProgram, "cgo", OK, "not linked: Go detects deadlocks", "")
	}
	x.buildMode()
	if p.setting("-race") == "true" {
		x.add(groupProgram, "race detector", Info, "linked: races are reported as crashes of their own, and everything is slower", "")
	}
	x.names()
}

func (x *examiner) release() {
	p := x.program
	v := p.info.GoVersion
	switch minor := p.minor(); {
	case minor < 0:
		x.add(groupProgram, "Go version", Degraded, "hidden by the build", "build without tools that remove it")
	case minor < 21:
		x.add(groupProgram, "Go version", Degraded, v+": tracebacks are read, the SDK needs Go 1.22", "build with a supported release of Go")
	case minor < 22:
		x.add(groupProgram, "Go version", Degraded, v+": backstop run only, the SDK needs Go 1.22", "build with a supported release of Go")
	case minor < 23:
		x.add(groupProgram, "Go version", Degraded, v+": no crash output for a monitor (1.23)", "build with Go 1.23 or later, or start it with backstop run")
	case minor < 26:
		x.add(groupProgram, "Go version", OK, v+": crash output; no labels in tracebacks (1.26)", "")
	case minor == 26:
		x.add(groupProgram, "Go version", OK, v+": crash output; labels on request", "")
	default:
		what := v + ": crash output; labels in tracebacks"
		if x.godebug("tracebacklabels") == "0" {
			what = v + ": crash output; labels on request (go line < 1.27)"
		}
		x.add(groupProgram, "Go version", OK, what, "")
	}
}

func (x *examiner) linkedSDK() {
	p := x.program
	if p.hidden {
		x.add(groupProgram, "SDK", Info, "unknown: hidden by the build", "")
		return
	}
	if p.sdk == "" {
		x.add(groupProgram, "SDK", Degraded, "not linked: no recovered panics, no requests", "import "+sdkModule+" and call Start first thing in main; backstop run sees the rest")
		return
	}
	x.add(groupProgram, "SDK", OK, p.sdk, "")
}

func (x *examiner) buildMode() {
	p := x.program
	var what []string
	mode := p.setting("-buildmode")
	switch {
	case mode != "" && mode != "exe" && mode != "pie":
		what = append(what, mode)
	case p.file != nil && p.file.PIE():
		what = append(what, "executable (PIE)")
	default:
		what = append(what, "executable")
	}
	if p.setting("-trimpath") == "true" {
		what = append(what, "-trimpath")
	}
	if stripped(p.path) {
		what = append(what, "stripped (harmless)")
	}
	if mode == "c-shared" || mode == "c-archive" || mode == "plugin" {
		x.add(groupProgram, "build", Degraded, strings.Join(what, ", ")+": a Go panic kills the host program by SIGABRT, and the host's own crashes leave no Go traceback", "run the host program under backstop run")
		return
	}
	x.add(groupProgram, "build", OK, strings.Join(what, ", "), "")
}

// stripped reports whether an ELF file lacks its symbol table.
func stripped(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return f.Section(".symtab") == nil
}
