package crash

// Fingerprints condense a report. Equal strict fingerprints mean the same crash
// at the same lines; equal tolerant fingerprints mean most likely the same bug,
// whichever build, request or observer it was seen by. Issues are grouped by
// the tolerant one.
type Fingerprints struct {
	Strict   string `json:"strict"`
	Tolerant string `json:"tolerant"`
	Version  int    `json:"version"`
}
