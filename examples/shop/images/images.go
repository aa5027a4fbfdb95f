// Package images scales product pictures.
package images

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

// Resize scales a picture to a width and height in pixels, by nearest
// neighbour.
func Resize(src image.Image, width, height int) *image.RGBA {
	// Four bytes a pixel for whatever size the query string asks for.
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	from := src.Bounds()
	for y := 0; y < height; y++ {
		for x := 0; x < width; x++ {
			dst.Set(x, y, src.At(from.Min.X+x*from.Dx()/width, from.Min.Y+y*from.Dy()/height))
		}
	}
	return dst
}

// PNG encodes a picture.
func PNG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Placeholder is the picture of a product that has none: a disc on grey.
func Placeholder() image.Image {
	const size = 64
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := 0; y < size; y++ {
		for x := 0; x < size; x++ {
			c := color.RGBA{0xe8, 0xe6, 0xe1, 0xff}
			if dx, dy := x-size/2, y-size/2; dx*dx+dy*dy < size*size/9 {
				c = color.RGBA{0x6b, 0x8e, 0x7f, 0xff}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}
