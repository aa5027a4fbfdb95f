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

// Close closes the executable.
func (p *Program) Close() {
	if p.Executable != nil {
		_ = p.Executable.Close() // it was only read
	}
}
