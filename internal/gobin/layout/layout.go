// Package layout knows where the structures of the Go runtime have their fields,
// for each release. The tables are extracted from what the toolchains write
// (DWARF), never by hand; a release without a table is refused.
package layout
