package capture

// A Summary counts what cells have delivered.
type Summary struct {
	Crashes    int // of the cells
	Delivered  int
	Reason     int
	Functions  int // crashes with a function of the program's
	Function   int
	Requests   int // crashes while a request was being served
	Exact      int
	Creator    int
	Listed     int
	Others     int // with the stacks of other goroutines
	NextStart  int // delivered only when the program was started again
	Hung       int
	Duplicates int64
	Silent     int // reported, and no crash
	Aborted    int // of those, aborted handlers
}

// Requested counts the crashes whose request is known, in one way or another.
func (s Summary) Requested() int { return s.Exact + s.Creator + s.Listed }

// Summarise counts.
func Summarise(cells []Cell) Summary {
	var s Summary
	for _, c := range cells {
		v := c.Verdict
		count(&s.Hung, v.Hung)
		if c.Case.Silent {
			count(&s.Silent, v.Delivered)
			count(&s.Aborted, v.Delivered && c.Case.Name == "http-abort-handler")
			continue
		}
		s.Crashes++
		s.Duplicates += v.Duplicates
		count(&s.Delivered, v.Delivered)
		count(&s.Reason, v.Reason)
		count(&s.Functions, c.Case.Func != "")
		count(&s.Function, v.Function)
		count(&s.Requests, c.Case.Request)
		count(&s.Exact, v.Request == Exact)
		count(&s.Creator, v.Request == ViaOther)
		count(&s.Listed, v.Request == Listed)
		count(&s.Others, v.Others)
		count(&s.NextStart, v.Delivered && v.NextStart)
	}
	return s
}

func count(n *int, ok bool) {
	if ok {
		*n++
	}
}
