package a

// throw in a file of Go: extern "C" { throw } is read in C++ files only.
