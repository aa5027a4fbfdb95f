package claim

var a4Stack = []Claim{
	{
		ID: "A4-2.1-a", Where: "A4 2.1",
		Says: "A goroutine starts with a 2 KB stack.",
	},
	{
		ID: "A4-2.1-b", Where: "A4 2.1",
		Says: "Overflow is a panic \"goroutine stack exceeds\".",
	},
	{
		ID: "A4-2.1-c", Where: "A4 2.1",
		Says: "Each function checks the stack bound and calls morestack.",
	},
	{
		ID: "A4-2.1-d", Where: "A4 2.1",
		Says: "Growth maps a new segment and switches the pointer.",
	},
	{
		ID: "A4-2.1-e", Where: "A4 2.1",
		Says: "runtime.Stack(buf, true) covers all goroutines, false only the caller.",
	},
	{
		ID: "A4-2.2-a", Where: "A4 2.2",
		Says: "deepRecursion(1_000_000) exceeds the 1 GB limit.",
	},
	{
		ID: "A4-2.2-b", Where: "A4 2.2",
		Says: "Critical point about 1.3 million levels.",
	},
	{
		ID: "A4-2.2-c", Where: "A4 2.2",
		Says: "The 64-bit limit is 1 GB (10^9 bytes).",
	},
}
