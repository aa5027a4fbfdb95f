package fulfil

import "testing"

func TestSmallBatch(t *testing.T) {
	labels := Batch([]int{1, 2, 3, 4})
	if len(labels) != 4 {
		t.Errorf("%d labels for 4 orders: %q", len(labels), labels)
	}
	if labels := Batch(nil); len(labels) != 0 {
		t.Errorf("%q for no orders", labels)
	}
}
