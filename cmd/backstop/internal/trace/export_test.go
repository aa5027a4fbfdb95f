package trace

import "github.com/backstop-go/backstop/crash"

// ReportOf is the report that an event was named by.
func ReportOf(e *Event) *crash.Report { return e.report }
