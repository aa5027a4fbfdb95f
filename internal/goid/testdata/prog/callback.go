//go:build !cgo

package main

func callback() {}
