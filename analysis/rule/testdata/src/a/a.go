package a

func bad()   {}
func worse() {}

func calls() {
	bad() // want `bad-name: bad`
	bad() //backstop:ignore bad-name it is known
	bad() // want `bad-name: bad`

	//backstop:ignore bad-name it stands alone
	bad()
	bad() // want `bad-name: bad`

	bad() /* want `bad-name: bad` */ //backstop:ignore bad-name
	//backstop:ignore bad-name two
	//backstop:ignore other-name stand above one line
	bad()
	//backstop:ignore other-name in any order
	//backstop:ignore bad-name they stand
	bad()

	//backstop:ignore other-name of another rule
	bad() // want `bad-name: bad`
	worse()
}
