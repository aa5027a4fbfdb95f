//go:build race

package crashtest

// RaceEnabled says that the race detector watches.
const RaceEnabled = true
