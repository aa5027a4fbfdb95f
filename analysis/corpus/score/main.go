// Command score runs the rules of backstop vet over the corpus and prints how
// they did. It is run in the directory of module analysis:
//
//	go run ./corpus/score -part dev -details
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/backstop-go/backstop/analysis/corpus"
	"github.com/backstop-go/backstop/analysis/rules"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	dir := flag.String("testdata", "corpus/testdata", "the `directory` with the cases")
	part := flag.String("part", "all", "which cases: all, dev, held, incidents")
	list := flag.String("rules", "all", "rules, as in backstop vet -rules")
	details := flag.Bool("details", false, "print what was missed and what was reported in vain")
	flag.Parse()

	selected, err := rules.Select(*list)
	if err != nil {
		return err
	}
	cases, err := corpus.Read(*dir)
	if err != nil {
		return err
	}
	found, problems, err := corpus.Findings(context.Background(), *dir, selected.Rules)
	if err != nil {
		return err
	}
	switch *part {
	case "all":
	case "incidents":
		cases = corpus.OfIncidents(cases)
	case "dev", "held":
		cases = slices.DeleteFunc(cases, func(c *corpus.Case) bool { return c.Held != (*part == "held") })
	default:
		return fmt.Errorf("unknown part %q", *part)
	}
	score := corpus.Rate(cases, selected.Rules, found)
	for _, p := range problems {
		fmt.Println("problem  ", p)
	}
	if *details {
		score.Details(os.Stdout)
	}
	score.Table(os.Stdout)
	return nil
}
