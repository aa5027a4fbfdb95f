package main

import "testing"

func TestSlow(t *testing.T) { select {} }

func TestStuck(t *testing.T) { select {} }
