package harness

// write does nothing: the lab runs no programs there, it only reads its lists.
func write(int, string) {}
