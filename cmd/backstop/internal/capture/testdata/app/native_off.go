//go:build !cgo

package main

var nativeScenarios map[string]scenario
