package main

import "syscall"

func quit() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGQUIT) }
