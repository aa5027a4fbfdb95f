// Package rates loads a table as it is initialised, and panics when it cannot.
package rates

import "strconv"

// Euro is what a dollar costs.
var Euro float64

func init() {
	rate, err := strconv.ParseFloat("0,92", 64) // a comma, as Europeans write it
	if err != nil {
		panic("rates: " + err.Error())
	}
	Euro = rate
}
