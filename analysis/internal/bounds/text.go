package bounds

import (
	"go/constant"
	"regexp"
	"regexp/syntax"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/backstop-go/backstop/analysis/internal/ir"
)

// contains reports whether the text is known to hold the separator.
func (p *proof) contains(text, sep ssa.Value, at point, depth int) bool {
	for _, pkg := range []string{"strings.", "bytes."} {
		for name, least := range map[string]int64{"Contains": 1, "Count": 1, "Index": 0} {
			v, ok := p.values[pkg+name+" "+p.key(text, 1)+" "+p.key(sep, 1)]
			if ok && p.proveFact(Term{value, v}, least, at) {
				return true
			}
		}
	}
	return p.environ(text, sep) || p.callersContain(text, sep, depth)
}

// environ reports whether the text is a line of the environment, and is taken apart at
// its equals sign.
func (p *proof) environ(line, sep ssa.Value) bool {
	if s, ok := text(sep); !ok || s != "=" {
		return false
	}
	load, ok := p.same(line).(*ssa.UnOp)
	if !ok {
		return false
	}
	el, ok := load.X.(*ssa.IndexAddr)
	if !ok {
		return false
	}
	c, ok := p.same(el.X).(*ssa.Call)
	return ok && ir.Name(ir.Target(&c.Call)) == "os.Environ"
}

// callersContain reports whether every caller of an unexported function has found the
// separator in what it gives as the text.
func (p *proof) callersContain(text, sep ssa.Value, depth int) bool {
	param, ok := text.(*ssa.Parameter)
	if _, isConst := sep.(*ssa.Const); !ok || !isConst || depth > 6 {
		return false
	}
	calls, all := p.callersOf(param.Parent())
	n := paramIndex(param)
	if !all || len(calls) == 0 || len(calls) > 20 || n < 0 {
		return false
	}
	for _, c := range calls {
		p.facts(before(c)) // what is asked there has a name from now on
		if n >= len(c.Common().Args) || !p.contains(c.Common().Args[n], sep, before(c), depth+3) {
			return false
		}
	}
	return true
}

// firstPart is the least length of element 0 of strings.Split, of a text that is
// known to begin with a prefix in which the separator does not begin.
func (p *proof) firstPart(el *ssa.IndexAddr, at point) int64 {
	split, ok := p.same(el.X).(*ssa.Call)
	if first, isConst := p.Int(el.Index).Const(); !ok || !isConst || first != 0 {
		return 0
	}
	switch ir.Name(ir.Target(&split.Call)) {
	case "strings.Split", "strings.SplitN", "strings.SplitAfter":
	default:
		return 0
	}
	sep, ok := text(split.Call.Args[1])
	if !ok || sep == "" {
		return 0
	}
	for k, v := range p.values {
		if !strings.HasPrefix(k, "strings.HasPrefix "+p.key(split.Call.Args[0], 1)+" ") || !p.proveFact(Term{value, v}, 1, at) {
			continue
		}
		if prefix, ok := text(v.(*ssa.Call).Call.Args[1]); ok && strings.IndexByte(prefix, sep[0]) < 0 {
			return int64(len(prefix))
		}
	}
	return 0
}

func text(v ssa.Value) (string, bool) {
	c, ok := v.(*ssa.Const)
	if !ok || c.Value == nil || c.Value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(c.Value), true
}

// matched reports whether the regular expression is known to match.
func (p *proof) matched(x *ssa.Call, at point) bool {
	if len(x.Call.Args) != 2 {
		return false
	}
	for _, name := range []string{"(*regexp.Regexp).MatchString", "(*regexp.Regexp).Match"} {
		v, ok := p.values[name+" "+p.key(x.Call.Args[0], 1)+" "+p.key(x.Call.Args[1], 1)]
		if ok && p.proveFact(Term{value, v}, 1, at) {
			return true
		}
	}
	return false
}

// groups is how many strings the regular expression gives that v is a match of: a
// large number where it is not known, and 0 where v is no match.
func (s *Solver) groups(v ssa.Value) int64 {
	c, ok := s.same(v).(*ssa.Call)
	if !ok {
		return 0
	}
	switch ir.Name(ir.Target(&c.Call)) {
	case "(*regexp.Regexp).FindStringIndex", "(*regexp.Regexp).FindIndex":
		return 2
	case "(*regexp.Regexp).FindStringSubmatch", "(*regexp.Regexp).FindSubmatch":
		if len(c.Call.Args) == 2 {
			if n, ok := s.pattern(c.Call.Args[0], 0); ok {
				return n
			}
		}
		return 1 << 20
	case "(*regexp.Regexp).FindStringSubmatchIndex", "(*regexp.Regexp).FindSubmatchIndex":
		if len(c.Call.Args) == 2 {
			if n, ok := s.pattern(c.Call.Args[0], 0); ok {
				return 2 * n
			}
		}
		return 1 << 20
	}
	return 0
}

// pattern is 1 plus the number of groups of a regular expression.
func (s *Solver) pattern(re ssa.Value, depth int) (int64, bool) {
	text, ok := s.expression(re, depth)
	if !ok {
		return 0, false
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0, false
	}
	return int64(parsed.MaxCap()) + 1, true
}

// matchesNothing reports whether a regular expression matches the empty text, so that
// it matches any text at least once.
func (s *Solver) matchesNothing(re ssa.Value, depth int) bool {
	text, ok := s.expression(re, depth)
	if !ok {
		return false
	}
	compiled, err := regexp.Compile(text)
	return err == nil && compiled.MatchString("")
}

// expression is the text of a regular expression that is compiled of a constant.
func (s *Solver) expression(re ssa.Value, depth int) (string, bool) {
	if depth > 5 || re == nil {
		return "", false
	}
	switch x := re.(type) {
	case *ssa.UnOp:
		if g, ok := x.X.(*ssa.Global); ok {
			return s.expression(s.initial(g), depth+1)
		}
		return s.expression(s.only(x), depth+1)
	case *ssa.Extract:
		return s.expression(x.Tuple, depth+1)
	case *ssa.Call:
		switch ir.Name(ir.Target(&x.Call)) {
		case "regexp.MustCompile", "regexp.Compile":
			return text(x.Call.Args[0])
		}
	}
	return "", false
}
