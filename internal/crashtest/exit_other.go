//go:build !unix

package crashtest

import "os"

func exitOf(s *os.ProcessState) (status int, signal string) { return s.ExitCode(), "" }
