// Package upload takes files and works on them after the answer.
package upload

import (
	"fmt"
	"image"
	"io"
	"net/http"
)

type thumb struct{ w, h int }

func scale(img image.Image, t thumb) (out []byte) {
	b := img.Bounds()
	if t.w <= 0 {
		panic(fmt.Sprintf("upload: width %d", t.w))
	}
	return make([]byte, b.Dx()/t.w)
}

// Handler answers and scales later.
func Handler(decode func(io.Reader) (image.Image, error), sizes []thumb) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		img, err := decode(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		for _, s := range sizes {
			go func(s thumb) { // FAULT handler-spawn #scale dies: width 0
				_ = scale(img, s)
			}(s)
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

// Wait scales and waits, but a panic there is not in the handler either.
func Wait(decode func(io.Reader) (image.Image, error), sizes []thumb) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		img, err := decode(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		results := make(chan []byte, len(sizes))
		for _, s := range sizes {
			go func() { results <- scale(img, s) }() // FAULT handler-spawn #wait dies: width 0
		}
		for range sizes {
			w.Write(<-results)
		}
	}
}
