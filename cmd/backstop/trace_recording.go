package main

import (
	"io"
	"os"
)

// openRecording opens a file to add lines to. A run that was killed or found no
// room may have left a line without an end: the next one is not to go on in it.
func openRecording(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		last := make([]byte, 1)
		if _, err = file.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			_, err = io.WriteString(file, "\n")
		}
	}
	if err != nil {
		_ = file.Close() // the error that counts is the one above
		return nil, err
	}
	return file, nil
}
