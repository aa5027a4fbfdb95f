package crash

import "fmt"

// align says whether two stacks are the same way to the same place, and why. It
// lets pass what the same bug can show: the end of one stack is not shown, or a
// function or two were put between others.
func align(a, b *stackSide, overflow bool) (pairs [][2]int, same bool, why string) {
	x, y := a.elements, b.elements
	top := 0
	for top < len(x) && top < len(y) && x[top].name == y[top].name {
		top++
	}
	for i := 0; i < top; i++ {
		pairs = append(pairs, [2]int{i, i})
	}
	if top == len(x) && top == len(y) {
		return pairs, true, ""
	}
	if overflow {
		return alignRecursions(x, y)
	}
	if top > 0 && (top == len(x) && a.cut || top == len(y) && b.cut) {
		return pairs, true, fmt.Sprintf("the first %d frames are equal, and one stack is not shown further", top)
	}
	bottom := 0
	for bottom < len(x)-top && bottom < len(y)-top && x[len(x)-1-bottom].name == y[len(y)-1-bottom].name {
		bottom++
	}
	more, fewer, between := x, y, len(x)-top-bottom
	if len(y) > len(x) {
		more, fewer, between = y, x, len(y)-top-bottom
	}
	if top >= 3 && bottom >= 1 && top+bottom == len(fewer) && between <= 2 {
		for i := 0; i < bottom; i++ {
			pairs = append(pairs, [2]int{len(x) - bottom + i, len(y) - bottom + i})
		}
		return pairs, true, fmt.Sprintf("the stacks are equal but for %s between them", more[top].name)
	}
	return pairs, false, fmt.Sprintf("the stacks differ: %s", differenceAt(x, y, top))
}

// alignRecursions compares the functions of two recursions, whichever of them
// the limit was hit in: most must be the same.
func alignRecursions(x, y []element) (pairs [][2]int, same bool, why string) {
	for i := range x {
		for j := range y {
			if x[i].name == y[j].name {
				pairs = append(pairs, [2]int{i, j})
			}
		}
	}
	if all := len(x) + len(y) - len(pairs); 10*len(pairs) >= 7*all {
		return pairs, true, "most functions of the recursions are the same"
	}
	return pairs, false, "the recursions differ"
}

// differenceAt describes where two stacks begin to differ.
func differenceAt(x, y []element, at int) string {
	name := func(list []element) string {
		if at < len(list) {
			return list[at].name
		}
		return "nothing"
	}
	return fmt.Sprintf("frame %d is %s in the first and %s in the second", at+1, name(x), name(y))
}
