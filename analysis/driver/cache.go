package driver

import (
	"bufio"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"flag"
	"fmt"
	"go/types"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/tools/go/analysis"
)

// cacheVersion changes when what is kept, or how keys are made, changes.
const cacheVersion = "2"

// keep is how long an entry that nobody asks for stays.
const keep = 14 * 24 * time.Hour

// keys gives each unit the key of its result: what the analyzers would read, and
// who they are. Sources of modules in the module cache never change, so that the
// export data stands for them.
func (r *run) keys() {
	if r.cache.dir == "" {
		return
	}
	tool := toolID()
	for _, u := range r.prog.units {
		u.key = r.key(u, tool)
	}
}

func (r *run) key(u *unit, tool string) string {
	h := sha256.New()
	word := r.prog.sizes.Sizeof(types.Typ[types.Uintptr])
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s %v\n%d\n%s\n", cacheVersion, tool, r.plan.id, r.cfg.Key, u.pkg.ID, u.target, word, goVersion(u.pkg))
	names := sources(u.pkg)
	fmt.Fprintf(h, "%q\n", names)
	fixed := u.pkg.Module != nil && !u.pkg.Module.Main && u.pkg.ExportFile != "" &&
		(u.pkg.Module.Replace == nil && u.pkg.Module.Version != "" || u.pkg.Module.Replace != nil && u.pkg.Module.Replace.Version != "")
	if fixed {
		fmt.Fprintf(h, "export %s\n", u.pkg.ExportFile)
	} else {
		for _, name := range append(names, u.pkg.OtherFiles...) {
			if !hashFile(h, name) {
				return ""
			}
		}
	}
	for _, path := range sortedKeys(u.pkg.Imports) {
		dep := u.pkg.Imports[path]
		if d := r.prog.byID[dep.ID]; d != nil {
			if d.key == "" {
				return ""
			}
			fmt.Fprintf(h, "%s %s\n", path, d.key)
			continue
		}
		fmt.Fprintf(h, "%s %s\n", path, dep.ExportFile)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hashFile(h hash.Hash, name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	n, err := io.Copy(h, file)
	fmt.Fprintf(h, "\n%d %s\n", n, name)
	return err == nil
}

// toolID tells one build of the tool from another.
func toolID() string {
	exe, err := os.Executable()
	if err != nil {
		return runtime.Version()
	}
	info, err := os.Stat(exe)
	if err != nil {
		return exe
	}
	return fmt.Sprintf("%s %d %d %s", exe, info.Size(), info.ModTime().UnixNano(), runtime.Version())
}

// flagValues are the flags of an analyzer that are set.
func flagValues(a *analysis.Analyzer) string {
	set := ""
	a.Flags.VisitAll(func(f *flag.Flag) { set += fmt.Sprintf(" -%s=%s", f.Name, f.Value) })
	return set
}

// A cache keeps entries in a directory, by key. A cache without a directory is
// empty and forgets.
type cache struct {
	dir string
}

// An entry is the result of one unit.
type entry struct {
	Package *Package
	Facts   map[factKey][]byte
}

func openCache(dir string) *cache { return &cache{dir} }

func (c *cache) file(key string) string { return filepath.Join(c.dir, key[:2], key) }

func (c *cache) get(key string) (*entry, bool) {
	if c.dir == "" || key == "" {
		return nil, false
	}
	name := c.file(key)
	file, err := os.Open(name)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	e := new(entry)
	if err := gob.NewDecoder(bufio.NewReaderSize(file, 1<<16)).Decode(e); err != nil || e.Package == nil {
		return nil, false // cut short by a crash or of another version: made anew
	}
	if info, err := file.Stat(); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
		now := time.Now()
		_ = os.Chtimes(name, now, now) // it is in use; if not, it is made anew some day
	}
	return e, true
}

// put keeps an entry. A cache that cannot be written costs time and nothing else.
func (c *cache) put(key string, e *entry) {
	if c.dir == "" {
		return
	}
	name := c.file(key)
	if os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	file, err := os.CreateTemp(filepath.Dir(name), "new-*")
	if err != nil {
		return
	}
	w := bufio.NewWriterSize(file, 1<<16)
	err = gob.NewEncoder(w).Encode(e)
	if err == nil {
		err = w.Flush()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // trim does, if this does not
	}
}

// trim removes what nobody asked for in a while, at most once a day.
func (c *cache) trim() {
	if c.dir == "" {
		return
	}
	stamp := filepath.Join(c.dir, "trimmed")
	if info, err := os.Stat(stamp); err == nil && time.Since(info.ModTime()) < 24*time.Hour {
		return
	}
	_ = os.WriteFile(stamp, nil, 0o600) // when this fails, the next run trims
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil && time.Since(info.ModTime()) > keep {
			_ = os.Remove(path) // or the next trim
		}
		return nil
	})
}
