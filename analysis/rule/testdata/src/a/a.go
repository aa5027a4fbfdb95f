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
	//backstop:ignore other-name of another rule
	bad() // want `bad-name: bad`
	worse()
}
