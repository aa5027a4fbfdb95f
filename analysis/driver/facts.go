package driver

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"go/types"
	"reflect"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
	"golang.org/x/tools/go/types/objectpath"

	"github.com/backstop-go/backstop/analysis/internal/ir"
	"github.com/backstop-go/backstop/analysis/model"
)

// A factKey names a fact of a package, or of an object in it by its path.
type factKey struct {
	Object objectpath.Path // empty for the package itself
	Type   string
}

// A factSet is the facts of one package: encoded, as they come from disk, and
// decoded when somebody asks.
type factSet struct {
	mu      sync.Mutex
	encoded map[factKey][]byte
	decoded map[factKey]analysis.Fact
}

func newFactSet() *factSet {
	return &factSet{encoded: make(map[factKey][]byte), decoded: make(map[factKey]analysis.Fact)}
}

func typeName(fact analysis.Fact) string { return reflect.TypeOf(fact).Elem().String() }

func registerFacts(a *analysis.Analyzer) {
	for _, f := range a.FactTypes {
		gob.Register(f)
	}
}

// get copies a fact into ptr.
func (s *factSet) get(object objectpath.Path, ptr analysis.Fact) bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := factKey{object, typeName(ptr)}
	fact := s.decoded[key]
	if fact == nil {
		data, ok := s.encoded[key]
		if !ok {
			return false
		}
		fact = reflect.New(reflect.TypeOf(ptr).Elem()).Interface().(analysis.Fact)
		if err := gob.NewDecoder(bytes.NewReader(data)).Decode(fact); err != nil {
			return false // damaged on disk: as if nothing were known
		}
		s.decoded[key] = fact
	}
	reflect.ValueOf(ptr).Elem().Set(reflect.ValueOf(fact).Elem())
	return true
}

func (s *factSet) put(object objectpath.Path, fact analysis.Fact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decoded[factKey{object, typeName(fact)}] = fact
}

// encode makes bytes of what was put.
func (s *factSet) encode() (map[factKey][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, fact := range s.decoded {
		if s.encoded[key] != nil {
			continue
		}
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(fact); err != nil {
			return nil, fmt.Errorf("encode fact %s: %w", key.Type, err)
		}
		s.encoded[key] = b.Bytes()
	}
	return s.encoded, nil
}

// noReturn is the fact by which package ctrlflow, and SSA with it, learns that a
// function does not return. The standard library is not analyzed, so that the
// model has to say it.
var noReturn = typeName(ctrlflow.Analyzer.FactTypes[0])

func modelSaysNoReturn(m *model.Model, obj types.Object, ptr analysis.Fact) bool {
	fn, ok := obj.(*types.Func)
	if !ok || typeName(ptr) != noReturn {
		return false
	}
	what, _ := m.Func(ir.Name(fn))
	return what.NeverReturns
}
