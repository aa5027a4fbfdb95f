// Package controller syncs objects.
//
// Incident #always,#alwaysfixed: openshift/release-controller#214
package controller

import (
	"fmt"
	"log"
	"runtime/debug"
)

// Sync syncs one object.
func Sync(key string, sync func(string) error) error {
	log.Printf("begin %s", key)
	defer func() {
		err := recover()
		panic(err) // FAULT repanic-unconditional #always dies: panic
	}()
	return sync(key)
}

// Wrapped adds the key.
func Wrapped(key string, sync func(string) error) error {
	defer func() {
		panic(fmt.Sprintf("%s: %v", key, recover())) // FAULT repanic-unconditional #wrapped dies: <nil>
	}()
	return sync(key)
}

type controller struct{ keys []string }

func (c *controller) rethrow() {
	r := recover()
	c.keys = nil
	log.Printf("rethrow %v", r)
	panic(r) // FAULT repanic-unconditional #rethrow dies: panic
}

// Run syncs all keys.
func (c *controller) Run(sync func(string) error) {
	defer c.rethrow()
	for _, k := range c.keys {
		_ = sync(k)
	}
}

// Checked panics again only when there was a panic.
func Checked(key string, sync func(string) error) error {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("sync %s: %v\n%s", key, v, debug.Stack())
			panic(v) // FINE repanic-unconditional, repanic-stack-lost #alwaysfixed: only after a panic, in the deferred function
		}
	}()
	return sync(key)
}

// Early leaves when there was none.
func Early(key string, sync func(string) error) error {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		panic(fmt.Errorf("sync %s: %v", key, v)) // FINE repanic-unconditional #early: returned before when there was none
	}()
	return sync(key)
}

// Must panics on an error, no recover involved.
func Must(key string, sync func(string) error) {
	defer func() {
		log.Printf("end %s", key)
	}()
	if err := sync(key); err != nil {
		panic(err) // FINE repanic-unconditional #must: a panic of its own, on an error
	}
}

// Done uses a flag instead of the value.
func Done(key string, sync func(string) error) (err error) {
	ok := false
	defer func() {
		if !ok {
			panic(fmt.Sprintf("sync %s: %v", key, recover())) // FINE repanic-unconditional #done: the flag says that it did not return
		}
	}()
	err = sync(key)
	ok = true
	return err
}
