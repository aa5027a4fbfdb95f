package mark_test

import (
	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/mark"
)

func Example() {
	// After backstop.Start:
	backstop.OnCrash(mark.Labels())
	backstop.OnCrash(mark.Trace())
}
