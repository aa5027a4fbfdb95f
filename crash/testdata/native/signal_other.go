//go:build !linux
// +build !linux

package main

func quit() {}

func noThreads() {}
