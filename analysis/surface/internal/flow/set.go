package flow

import (
	"math/bits"
	"slices"
)

// A set of elements: pages of bits, sorted. Most sets are small, and elements
// that meet each other have numbers near each other.
type set []page

type page struct {
	at   uint32
	bits [4]uint64
}

func (s *set) find(at uint32) (int, bool) {
	if n := len(*s); n > 0 && (*s)[n-1].at < at {
		return n, false
	}
	return slices.BinarySearchFunc(*s, at, func(p page, at uint32) int { return int(p.at) - int(at) })
}

// add reports whether the element is new.
func (s *set) add(e uint32) bool {
	at, word, bit := e/256, e/64%4, uint64(1)<<(e%64)
	i, ok := s.find(at)
	if !ok {
		*s = slices.Insert(*s, i, page{at: at})
	}
	p := &(*s)[i]
	if p.bits[word]&bit != 0 {
		return false
	}
	p.bits[word] |= bit
	return true
}

// merge adds the elements of from to s, and those that are new to news too.
func (s *set) merge(from set, news *set) bool {
	changed := false
	for i := range from {
		changed = s.mergePage(&from[i], news) || changed
	}
	return changed
}

func (s *set) mergePage(p *page, news *set) bool {
	i, ok := s.find(p.at)
	if !ok {
		*s = slices.Insert(*s, i, page{at: p.at})
	}
	own := &(*s)[i]
	fresh := page{at: p.at}
	any := uint64(0)
	for w := range p.bits {
		fresh.bits[w] = p.bits[w] &^ own.bits[w]
		own.bits[w] |= p.bits[w]
		any |= fresh.bits[w]
	}
	if any == 0 {
		return false
	}
	j, ok := news.find(p.at)
	if !ok {
		*news = slices.Insert(*news, j, fresh)
		return true
	}
	for w := range fresh.bits {
		(*news)[j].bits[w] |= fresh.bits[w]
	}
	return true
}

func (s set) each(yield func(uint32)) {
	for _, p := range s {
		for w, word := range p.bits {
			for ; word != 0; word &= word - 1 {
				yield(p.at*256 + uint32(w)*64 + uint32(bits.TrailingZeros64(word)))
			}
		}
	}
}
