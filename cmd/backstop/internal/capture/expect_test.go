package capture

import (
	"strings"
	"testing"
	"time"
)

func TestExpectations(t *testing.T) {
	all, err := Expectations()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if strings.TrimSpace(e.Why) == "" {
			t.Errorf("%+v: why?", e)
		}
		for _, s := range e.Setups {
			if s != All {
				continue
			}
			for _, l := range e.Lacks {
				if l == LackDelivery || l == LackReason {
					t.Errorf("all together, everything is delivered with its reason: %+v", e)
				}
			}
		}
	}
}

func TestExpected(t *testing.T) {
	all, err := parseExpectations("# a comment\n\nguard,monitor\t<1.23\t@sync,sig-kill\tdelivery,reason\tit cannot\n")
	if err != nil {
		t.Fatal(err)
	}
	cell := func(toolchain string, s Setup, name string) Cell {
		return Cell{Toolchain: toolchain, Setup: s, Case: Case{Name: name}}
	}
	for _, test := range []struct {
		cell Cell
		lack Lack
		want bool
	}{
		{cell("go1.22.12", Guard, "mutex-unlock"), LackDelivery, true},
		{cell("go1.22.12", Monitor, "sig-kill"), LackReason, true},
		{cell("go1.23.12", Guard, "mutex-unlock"), LackDelivery, false},
		{cell("go1.22.12", All, "mutex-unlock"), LackDelivery, false},
		{cell("go1.22.12", Guard, "sig-term"), LackDelivery, false},
		{cell("go1.22.12", Guard, "sig-kill"), LackRequest, false},
	} {
		if got := Expected(all, test.cell, test.lack) != nil; got != test.want {
			t.Errorf("%+v lacks %s: expected %v", test.cell, test.lack, got)
		}
	}
}

func TestExpectationsRefused(t *testing.T) {
	for _, line := range []string{
		"guard\t*\tsig-kill\tdelivery",
		"guards\t*\tsig-kill\tdelivery\twhy",
		"guard\t>1.23\tsig-kill\tdelivery\twhy",
		"guard\tsoon\tsig-kill\tdelivery\twhy",
		"guard\t*\tsig-kil\tdelivery\twhy",
		"guard\t*\t@nothing\tdelivery\twhy",
		"guard\t*\texit-0\tdelivery\twhy",
		"guard\t*\tsig-kill\tlove\twhy",
	} {
		if _, err := parseExpectations(line); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
}

func TestRanges(t *testing.T) {
	for _, test := range []struct {
		toolchain, in string
		want          bool
	}{
		{"go1.22.12", "*", true},
		{"go1.22.12", "1.22", true},
		{"go1.22.12", "<1.23", true},
		{"go1.23.12", "<1.23", false},
		{"go1.9", "<1.23", true},
		{"go1.26.8", ">=1.26", true},
		{"go1.25.14", ">=1.26", false},
	} {
		if got, err := inRange(Release(test.toolchain), test.in); err != nil || got != test.want {
			t.Errorf("%s in %s: %v (%v)", test.toolchain, test.in, got, err)
		}
	}
}

func TestPage(t *testing.T) {
	lost := Case{Name: "sig-kill", Class: classes("kill.sigkill"), Request: true}
	kept := Case{Name: "div-zero", Class: classes("panic.divide"), Request: true, Func: "main.divZero"}
	p := Page{Local: "go1.26.8", Kernel: "Linux 6.18", Date: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
	p.Expectations = []Expectation{
		{Setups: []Setup{Guard}, Toolchains: "*", Cases: []string{"sig-kill"}, Lacks: []Lack{LackDelivery}, Why: "it is dead"},
		{Setups: []Setup{All}, Toolchains: "*", Cases: []string{"sig-kill"}, Lacks: []Lack{LackRequest}, Why: "no longer true"},
	}
	p.Cells = []Cell{
		{"go1.26.8", Guard, lost, Verdict{}},
		{"go1.26.8", Guard, Case{Name: "http-abort-handler", Silent: true}, Verdict{Delivered: true}},
		{"go1.26.8", All, lost, Verdict{Delivered: true, Reason: true, Request: Listed, NextStart: true}},
		{"go1.26.8", All, kept, Verdict{Delivered: true, Reason: true, Request: ViaOther, Others: true, Duplicates: 2}},
	}
	p.Again = p.Cells[3:]
	text := p.String()
	for _, want := range []string{
		"| 1.26.8 | guard | 0 of 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
		"| 1.26.8 | all | 2 of 2 | 2 | 0 | 0 | 1 | 1 | 2 | 1 | 0 | 2 | 0 |",
		"| sig-kill | kill.sigkill | - |  |  | in flight |",
		"| div-zero | panic.divide |  |  |  | creator, no function |",
		"| guard | 1.26 | sig-kill | delivery | it is dead |",
		"goroutine, 1 of 1 delivered with reason, 1 with its request.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if stale := p.Stale(); len(stale) != 1 || stale[0].Why != "no longer true" {
		t.Errorf("stale: %+v", stale)
	}
}
