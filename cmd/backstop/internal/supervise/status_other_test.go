//go:build unix && !linux

package supervise

const lastSignal = 31

var noCore Limits
