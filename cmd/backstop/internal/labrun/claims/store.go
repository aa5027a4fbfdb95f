package claims

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/backstop-go/backstop/cmd/backstop/internal/labrun"
	"github.com/backstop-go/backstop/lab/claim"
)

// meter changes when values are taken in another way, so that old ones are not
// used.
const meter = 1

// A store keeps values between two runs of the lab, one file for each toolchain.
// What could not be measured today may be tomorrow, and is not kept.
type store struct {
	dir   string
	fresh bool

	mu    sync.Mutex
	files map[string]map[string]string // by toolchain: value by key
	added map[string]map[string]string
}

func openStore(lab *labrun.Lab) *store {
	return &store{
		dir: filepath.Join(lab.Dir(), "claims"), fresh: lab.Fresh(),
		files: make(map[string]map[string]string), added: make(map[string]map[string]string),
	}
}

func (s *store) file(toolchain string) string { return filepath.Join(s.dir, toolchain+".json") }

// read returns what a file holds; a damaged one holds nothing.
func (s *store) read(toolchain string) map[string]string {
	values := make(map[string]string)
	if text, err := os.ReadFile(s.file(toolchain)); err == nil && json.Unmarshal(text, &values) != nil {
		return make(map[string]string)
	}
	return values
}

func entry(u *unit, key string, m claim.Measure) string {
	text, err := json.Marshal([]any{meter, key, u.variant, m})
	if err != nil {
		panic("claims: a measure is plain data: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// get returns the values of a unit when all of them are there.
func (s *store) get(u *unit, key string) (found, bool) {
	if s.fresh {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.files[u.toolchain.Name]
	if kept == nil {
		kept = s.read(u.toolchain.Name)
		s.files[u.toolchain.Name] = kept
	}
	values := make(found)
	for _, m := range u.measures {
		text, ok := kept[entry(u, key, m)]
		if !ok {
			return nil, false
		}
		values[m] = claim.Value{Text: text}
	}
	return values, true
}

func (s *store) put(u *unit, key string, values found) {
	s.mu.Lock()
	defer s.mu.Unlock()
	added := s.added[u.toolchain.Name]
	if added == nil {
		added = make(map[string]string)
		s.added[u.toolchain.Name] = added
	}
	for m, v := range values {
		if v.NotRun == "" {
			added[entry(u, key, m)] = v.Text
		}
	}
}

// save adds what is new to what the files hold by now. Two labs that save at the
// same moment may lose values, which are then measured again.
func (s *store) save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for toolchain, added := range s.added {
		if len(added) == 0 {
			continue
		}
		all := s.read(toolchain)
		for k, v := range added {
			all[k] = v
		}
		if err := s.write(toolchain, all); err != nil {
			errs = append(errs, fmt.Errorf("keep what was measured: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (s *store) write(toolchain string, values map[string]string) error {
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	draft, err := os.CreateTemp(s.dir, "draft") // containers that share a cache may share process numbers
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) //nolint:errcheck // it was renamed, or is of no use
	_, err = draft.Write(text)
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), s.file(toolchain))
}
