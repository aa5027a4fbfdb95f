package program

import "github.com/backstop-go/backstop/crash"

// A Program is what is at hand of a program. The zero value has no answers.
type Program struct {
	Source     *Source
	Executable *Executable
}

// Place implements [crash.Program]. The source says more than the executable.
func (p *Program) Place(f *crash.Frame) (crash.Place, bool) {
	if p.Source != nil {
		if place, ok := p.Source.Place(f); ok {
			return place, true
		}
	}
	if p.Executable != nil {
		return p.Executable.Place(f)
	}
	return crash.Place{}, false
}

// Headline gives a fatal error the headline that its text lacks, where the
// executable has it. See [Executable.Headline].
func (p *Program) Headline(r *crash.Report) bool {
	return p.Executable != nil && p.Executable.Headline(r)
}

// Close closes the executable.
func (p *Program) Close() {
	if p.Executable != nil {
		_ = p.Executable.Close() // it was only read
	}
}
