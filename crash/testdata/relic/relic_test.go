package main

import "testing"

func TestEndless(t *testing.T) {
	t.Run("forever", func(*testing.T) { <-make(chan bool) })
}

func TestPanics(t *testing.T) { (&shop{}).checkout("A-17", 1.5, []string{"a"}, nil) }
