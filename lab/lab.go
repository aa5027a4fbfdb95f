// Package lab carries the sources of the laboratory and what was measured with
// them, so that `backstop lab` works wherever it is installed. The scenarios are
// listed in package scenario, the statements in package claim.
//
// The module is outside the workspace and needs the standard library only: its
// programs are wrong on purpose, and are built by toolchains from Go 1.21 on.
package lab

import "embed"

// Source is this module: go.mod and everything its programs are built from.
//
//go:embed native/*.go native/*.c native/*.cpp native/*.h
//go:embed checkptr/*.go race/*.go asan/*.go asan/*.c asan/*.h arenas/*.go i386/*.go
//go:embed cshared/*.go cshared/*.c secure/*.go gotest/*.go
//go:embed go.mod all:app all:bounded all:harness all:initpanic all:launch all:load all:probe
var Source embed.FS

// Baseline has what was measured, one file of rows for each toolchain.
//
//go:embed baseline
var Baseline embed.FS
