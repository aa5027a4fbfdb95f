// Package crash reads the text a dying Go process leaves behind and says what
// kind of crash it was, where, and whether two crashes are the same bug.
//
// Start with [Parse], which reads the first crash of a stream whole, or with
// [NewReader], whose Next yields each crash in turn, in memory that does not grow
// with the stream. Logs need no preparation: prefixes, records, quotes and the
// like are undone on the way. [Classify] names the class
// of a report, [Fingerprint] condenses it into two versioned hashes, and [Same]
// compares two reports. [Explain] holds what people want to know about a class.
//
// The package is pure: it does no I/O beyond the reader it is given, starts no
// goroutine, logs nothing and imports the standard library only. Crash text is
// hostile input. A damaged report is kept and marked: what was not understood
// is counted in [Report.Problems] and never costs the rest of the report.
package crash
