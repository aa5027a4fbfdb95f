package labrun

import (
	"io"
	"strings"
)

// DocumentedSettings are those that docs/lab/settings.md compares with the
// default: what people set in production, and what changes what a panic is.
func DocumentedSettings() []Setting {
	var all []Setting
	for _, env := range []string{
		"GOTRACEBACK=none", "GOTRACEBACK=all", "GOTRACEBACK=system", "GOTRACEBACK=crash",
		"GODEBUG=panicnil=1", "GODEBUG=asyncpreemptoff=1", "GODEBUG=invalidptr=0", "GODEBUG=cgocheck=0",
		"GOMAXPROCS=1", "GOGC=1", "GOGC=off",
	} {
		all = append(all, Setting{Env: []string{env}})
	}
	return append(all, Setting{GoLine: "1.20"}, Setting{GoLine: "1.23"})
}

// Name says what a setting is besides the default.
func (s Setting) Name() string {
	r := Row{GoLine: s.GoLine, Env: strings.Join(s.Env, " ")}
	if r.GoLine == "" {
		r.GoLine = DefaultGoLine
	}
	return r.setting()
}

// Setting is what a row was measured under.
func (r *Row) Setting() Setting {
	s := Setting{GoLine: r.GoLine, Env: strings.Fields(r.Env)}
	if s.GoLine == DefaultGoLine {
		s.GoLine = ""
	}
	return s
}

// writeSettingsPage compares each setting with the default one. Rows are of one
// toolchain, the default setting among them.
func writeSettingsPage(w io.Writer, rows []Row) error {
	by := make(map[string][]Row)
	var order []string
	for _, r := range rows {
		name := r.setting()
		if by[name] == nil && name != "" {
			order = append(order, name)
		}
		by[name] = append(by[name], r.Stable())
	}
	p := &printer{w: w}
	p.line("# What settings change about crashes")
	p.line("")
	p.line("<!-- written by `make lab`; do not edit -->")
	p.line("")
	p.line("Every scenario on %s, under each setting, against the default one (go line", toolchains(Summarize(rows).Toolchains))
	p.line("%s, nothing in the environment). A scenario that sets a variable itself gets the", DefaultGoLine)
	p.line("setting's value instead, of GODEBUG both. The same for any setting:")
	p.line("`backstop lab diff -env GOTRACEBACK=crash`, `backstop lab diff -go-line 1.20`.")
	for _, name := range order {
		p.line("")
		if p.err != nil {
			return p.err
		}
		d := Compare("default", name, by[""], by[name])
		d.Checks = nil
		if err := d.Markdown(w); err != nil {
			return err
		}
	}
	return p.err
}
