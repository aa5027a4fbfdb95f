// Package backstop is panic governance for Go services, inside the process.
package backstop
