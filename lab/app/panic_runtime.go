package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

func init() {
	register("nil-map-write", nilMapWrite)
	register("div-zero", divZero)
	register("negative-shift", negativeShift)
	register("type-assert", typeAssert)
	register("type-assert-method", typeAssertMethod)
	register("type-assert-nil", typeAssertNil)
	register("uncomparable-eq", uncomparableEq)
	register("unhashable-key", unhashableKey)
}

// nilMapWrite writes to a map that was declared and never made. Reading it would
// have been fine.
func nilMapWrite() {
	var stock map[string]int
	stock["A-17"] = 1
}

// divZero takes the average of an empty list.
func divZero() {
	prices := strings.Fields("")
	sum := 0
	fmt.Println("average:", sum/len(prices))
}

// negativeShift computes a shift count that falls below zero: the largest
// attempt is not bounded, and neither is the smallest.
func negativeShift() {
	attempt, _ := strconv.Atoi("0")
	backoff := 100 << (attempt - 1)
	fmt.Println("wait", backoff, "ms")
}

// typeAssert expects an int of decoded JSON, where every number is a float64.
func typeAssert() {
	var order map[string]any
	_ = json.Unmarshal([]byte(`{"quantity": 3}`), &order)
	fmt.Println(order["quantity"].(int) + 1)
}

// typeAssertMethod asks a value for an interface that it does not implement.
func typeAssertMethod() {
	var source any = strings.NewReplacer("a", "b")
	text, _ := io.ReadAll(source.(io.Reader))
	fmt.Println(len(text))
}

// typeAssertNil takes a value out of a context that does not have it. There is no
// type in the interface then, and no assertion holds.
func typeAssertNil() {
	type userKey struct{}
	user := context.Background().Value(userKey{}).(string)
	fmt.Println("hello,", user)
}

// uncomparableEq compares two interface values. It compiles, because they might
// hold something comparable; they hold slices.
func uncomparableEq() {
	var before, after any
	_ = json.Unmarshal([]byte(`[1, 2]`), &before)
	_ = json.Unmarshal([]byte(`[1, 2]`), &after)
	fmt.Println("changed:", before != after)
}

// unhashableKey uses a decoded list as the key of a map.
func unhashableKey() {
	var tags any
	_ = json.Unmarshal([]byte(`["new", "sale"]`), &tags)
	seen := map[any]int{}
	seen[tags]++
}
