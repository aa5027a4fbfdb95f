//go:build !unix

package compat

func endGroup(int) {}
