package a

// A name for profiles.
func lost() { lost() }
