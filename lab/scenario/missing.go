package scenario

// Absent is a class of the catalogue that the lab does not show.
type Absent struct{ Name, Why string }

// Missing lists them.
var Missing = []Absent{}
