package rules

import (
	"github.com/backstop-go/backstop/analysis/chandeadlock"
	"github.com/backstop-go/backstop/analysis/goroutinenoexit"
	"github.com/backstop-go/backstop/analysis/leakrange"
	"github.com/backstop-go/backstop/analysis/leaksend"
	"github.com/backstop-go/backstop/analysis/maprace"
	"github.com/backstop-go/backstop/analysis/rule"
)

// concurrent are the rules about goroutines that meet, or wait in vain.
var concurrent = []*rule.Rule{
	chandeadlock.Rule,
	goroutinenoexit.Rule,
	leakrange.Rule,
	leaksend.Rule,
	maprace.Rule,
}
