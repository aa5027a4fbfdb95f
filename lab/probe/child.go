package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
)

// child runs a probe in a process of its own, because it may end it, and says how
// that went: "survives", or the line that says why it did not.
func child(probe string, env ...string) string {
	text, err := childText(probe, env...)
	if err == nil {
		return "survives"
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
			return line
		}
	}
	return err.Error()
}

// childText runs a probe in a process of its own and returns its standard error.
func childText(probe string, env ...string) (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(exe, probe)
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err = cmd.Run()
	return stderr.String(), err
}

// again runs the program once more as another probe and returns what it printed.
func again(probe string, env ...string) (stdout, stderr string, status int) {
	exe, err := os.Executable()
	if err != nil {
		return "", err.Error(), -1
	}
	cmd := exec.Command(exe, probe)
	cmd.Env = append(os.Environ(), env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", err.Error(), -1
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
