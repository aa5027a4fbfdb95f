package a

func setUp() {}
