// Package postmortem takes the state of a Go program apart: a live process that
// is stopped for a moment, or the core file of one that died. Neither needs
// symbols.
package postmortem
