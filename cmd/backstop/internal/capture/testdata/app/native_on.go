//go:build cgo

package main

import (
	"net/http"

	"example.com/capture/native"
)

var nativeScenarios = map[string]scenario{
	"c-callback-panic": {goroutine: func() { native.CallBack(callback) }},
	"c-segv":           {handler: func(http.ResponseWriter, *http.Request) { native.Segv() }},
	"c-abort":          {handler: func(http.ResponseWriter, *http.Request) { native.Abort() }},
	"c-double-free":    {handler: func(http.ResponseWriter, *http.Request) { native.DoubleFree() }},
	"cxx-throw":        {handler: func(http.ResponseWriter, *http.Request) { native.Throw() }},
}

//go:noinline
func callback() {
	var cart map[string]int
	cart["apple"]++
}
