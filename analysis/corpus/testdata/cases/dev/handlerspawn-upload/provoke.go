//go:build provoke

package upload

import (
	"image"
	"io"
	"net/http/httptest"
)

// Provoke has what makes each labelled line happen.
func Provoke() map[string]func() {
	return map[string]func(){
		"scale": func() {
			Handler(img, []thumb{{}}).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil))
			select {}
		},
		"wait": func() { Wait(img, []thumb{{}})(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil)) },
	}
}

func img(io.Reader) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 4, 4)), nil }
