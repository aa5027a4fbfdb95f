//go:build go1.25

package main

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBubbleLeft(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		go func() { <-make(chan int) }()
		go func() { select {} }()
	})
}

func TestBubbleStuck(t *testing.T) {
	synctest.Test(t, func(*testing.T) { <-make(chan int) })
}

func TestBubblePanics(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		go func() { time.Sleep(time.Hour) }()
		go func() { <-make(chan int) }()
		time.Sleep(time.Minute)
		nilMap()
	})
}
