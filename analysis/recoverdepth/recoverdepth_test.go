package recoverdepth_test

import (
	"testing"

	"github.com/backstop-go/backstop/analysis/internal/ruletest"
	"github.com/backstop-go/backstop/analysis/recoverdepth"
)

func Test(t *testing.T) {
	ruletest.Run(t, recoverdepth.Rule, "a", "b")
}

func TestFlag(t *testing.T) {
	flag := recoverdepth.Rule.Analyzer.Flags.Lookup("go")
	for text, want := range map[string]string{
		"1.22..1.24": "1.22,1.23,1.24", "1.26": "1.26", "1.22,1.27": "1.22,1.27",
		"": "1.21,1.22,1.23,1.24,1.25,1.26,1.27",
	} {
		if err := flag.Value.Set(text); err != nil || flag.Value.String() != want {
			t.Errorf("%q: %s, %v", text, flag.Value, err)
		}
	}
	for _, text := range []string{"1.20", "1.24..1.22", "go1.22", "1.22..", "1.22,"} {
		if err := flag.Value.Set(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	_ = flag.Value.Set("")
}
