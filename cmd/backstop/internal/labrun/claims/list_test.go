package claims

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab"
	"github.com/backstop-go/backstop/lab/claim"
	"github.com/backstop-go/backstop/lab/scenario"
)

// The statements of the articles by chapter: "A0-1-abc" are A0-1-a, A0-1-b and
// A0-1-c. They are a promise, as are their wordings.
const ids = `
A0-1-abcdefghijk A0-2.1-abcdefg A0-2.2-abcd A0-2.3-abc A0-2.4-abc
A0-2.5-abcde A0-3.1-abcde A0-3.2-abcd A0-3.3-ab A0-4.1-ab A0-4.2-abcde
A0-4.3-ab A0-4.4-abc A0-5-abcdefgh A1-1-abcdefgh A1-2.1-abc A1-2.2-ab
A1-2.3-ab A1-2.4-abcd A1-2.5-abcd A1-3.1-ab A1-3.2-abcd A1-3.3-abc A1-4.1-a
A1-4.2-abcdef A1-4.3-abc A1-4.4-ab A2-1-abcdefg A2-2.1-a A2-2.2-a A2-2.3-ab
A2-2.4-ab A2-2.5-abc A2-3.1-abcd A2-3.2-ab A2-3.3-ab A2-4.1-ab A2-4.2-ab
A2-4.3-a A2-4.4-a A2-5-abcd A3-1-abcdef A3-2-abcdef A3-3-a A3-4-abc
A3-5-abcdefg A3-6-abcd A3-7-a A3-8-abcd A4-1-abcdefghij A4-2.1-abcde
A4-2.2-abc A4-2.3-ab A4-2.4-ab A4-2.5-abcd A4-3.1-abcd A4-3.2-abc
A4-3.3-abcd A4-4.1-a A4-4.2-abc A4-4.3-a A4-4.4-ab A4-5-abcdefghi
`

// wordings is the sum over id, place and statement of all claims.
const wordings = "19eb325d0d6b4da029b33a8779f0ffe6cdc9ee40837bf20ba90b8f40dbd66da8"

func allIDs() []string {
	var all []string
	for _, word := range strings.Fields(ids) {
		cut := strings.LastIndex(word, "-") + 1
		for _, letter := range word[cut:] {
			all = append(all, word[:cut]+string(letter))
		}
	}
	return all
}

func TestClaimsAreThoseOfTheArticles(t *testing.T) {
	var got []string
	sum := sha256.New()
	for _, c := range claim.All() {
		got = append(got, c.ID)
		fmt.Fprintf(sum, "%s|%s|%s\n", c.ID, c.Where, c.Says)
	}
	want := allIDs()
	if len(want) != 227 {
		t.Fatalf("the list has %d ids, want 227", len(want))
	}
	if !slices.Equal(got, want) {
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("claim %d is %s, want %s", i, got[i], want[i])
			}
		}
		t.Fatalf("%d claims, want %d", len(got), len(want))
	}
	if hash := fmt.Sprintf("%x", sum.Sum(nil)); hash != wordings {
		t.Errorf("an id, a place or a wording was changed: sum is %s", hash)
	}
}

// Every claim has what decides it, in a form that can be measured.
func TestClaimsCanBeMeasured(t *testing.T) {
	probes := probeNames(t)
	untestable := 0
	for _, c := range claim.All() {
		switch {
		case len(c.Literal) == 0 && c.Untestable == "":
			t.Errorf("%s: no check, and no reason why", c.ID)
		case len(c.Literal) == 0:
			untestable++
		case c.Untestable != "":
			t.Errorf("%s: it has checks, and says that it cannot be tested", c.ID)
		}
		for _, v := range c.Variants {
			checkVariant(t, c.ID, v)
		}
		for _, check := range checks(&c) {
			if err := wellFormed(check, probes); err != nil {
				t.Errorf("%s: %q: %v", c.ID, check.Shows, err)
			}
			checkVariant(t, c.ID, check.Under)
		}
		for _, name := range c.Scenarios {
			if _, err := scenario.Find(name); err != nil {
				t.Errorf("%s: %v", c.ID, err)
			}
		}
	}
	if untestable > 27 {
		t.Errorf("%d claims are called untestable; at least 200 are to be covered", untestable)
	}
}

var goLine = regexp.MustCompile(`^1\.[0-9]+(\.[0-9]+)?$`)

func checkVariant(t *testing.T, id string, v claim.Variant) {
	t.Helper()
	if v.GoLine != "" && !goLine.MatchString(v.GoLine) {
		t.Errorf("%s: %q is no go line", id, v.GoLine)
	}
	for _, e := range strings.Fields(v.Env) {
		if !strings.Contains(e, "=") {
			t.Errorf("%s: %q sets no variable", id, e)
		}
	}
}

// Fields of a row that are not in its JSON when they are empty, and texts.
var moreFields = []string{"class", "recovered_value", "stderr", "stdout", "guarded_stderr", "guarded_stdout"}

func wellFormed(c claim.Check, probes map[string]bool) error {
	if c.Shows == "" {
		return fmt.Errorf("it does not say what it shows")
	}
	if _, err := c.Holds("0"); err != nil {
		return err
	}
	if c.Max != 0 && c.Max < c.Min {
		return fmt.Errorf("no release is between 1.%d and 1.%d", c.Min, c.Max)
	}
	m := c.Measure
	switch m.Kind {
	case claim.KindScenario:
		if _, err := scenario.Find(m.Name); err != nil {
			return err
		}
		fields, err := rowFields(new(labrun.Row))
		if err != nil {
			return err
		}
		if _, ok := fields[m.Key]; !ok && !slices.Contains(moreFields, m.Key) {
			return fmt.Errorf("a row has no field %q", m.Key)
		}
	case claim.KindProbe:
		if !probes[m.Name] {
			return fmt.Errorf("there is no probe %q", m.Name)
		}
	case claim.KindSource:
		if c.Op != claim.Is && c.Op != claim.IsNot || !slices.Contains([]string{"true", "false", "absent"}, c.Want) {
			return fmt.Errorf("a pattern in source is there (true), is not (false), or its place is absent; not %s %s", c.Op, c.Want)
		}
		_, err := regexp.Compile(m.Code)
		return err
	case claim.KindDeclared:
		if c.Want != "true" && c.Want != "false" {
			return fmt.Errorf("a name is declared (true) or not (false); not %s", c.Want)
		}
	case claim.KindAsm:
		_, err := regexp.Compile(m.Key)
		return err
	case claim.KindTool:
		if m.Key != "status" && m.Key != "output" {
			return fmt.Errorf("a tool has status and output, and no %s", m.Key)
		}
	case claim.KindCompile:
	default:
		return fmt.Errorf("there is no kind %q", m.Kind)
	}
	return nil
}

// probeNames reads what the probe program registers. Two probes of one name end it.
func probeNames(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	files, err := fs.Glob(lab.Source, "probe/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := lab.Source.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			fun, isName := call.Fun.(*ast.Ident)
			arg, isText := call.Args[0].(*ast.BasicLit)
			if isName && isText && fun.Name == "register" {
				name, err := strconv.Unquote(arg.Value)
				if err != nil || names[name] {
					t.Errorf("probe %s: two of that name, or none: %v", arg.Value, err)
				}
				names[name] = true
			}
			return true
		})
	}
	if len(names) == 0 {
		t.Fatal("no probe was found")
	}
	return names
}
