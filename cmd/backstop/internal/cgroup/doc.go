// Package cgroup makes control groups below our own, to bound programs that are
// to hit a limit. It works where we may write there: as root, mostly.
//
// Start with [Make].
package cgroup
