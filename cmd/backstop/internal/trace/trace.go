// Package trace shows what happens to unmodified, running Go programs: panics,
// recoveries, fatal errors, exits and kills.
package trace
