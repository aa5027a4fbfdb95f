package a

import (
	"bufio"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/big"
	"math/rand"
	randv2 "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func repeat(s string) string {
	n, err := strconv.Atoi(s)
	if err != nil {
		return ""
	}
	return strings.Repeat("-", n) // want `panicking-stdlib-arg: strings.Repeat panics when the number from strconv.Atoi is negative`
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", width-len(s)) // want `strings.Repeat panics when the text is longer than the width`
}

func title(s string) string {
	return s + strings.Repeat("=", 40-len(s)) // want `when the text is longer than the width`
}

func constant() string {
	return strings.Repeat("x", -1) // want `strings.Repeat panics always: -1 is less than 0`
}

func random(q string) int {
	n, _ := strconv.Atoi(q)
	return rand.Intn(n) // want `rand.Intn panics when the number from strconv.Atoi is not positive`
}

func pick(r *http.Request) string {
	tags := r.URL.Query()["tag"]
	return tags[rand.Intn(len(tags))] // want `rand.Intn panics when the list is empty, as a map entry that may be missing may make it`
}

func healthy(all []string, ok func(string) bool) string {
	var up []string
	for _, s := range all {
		if ok(s) {
			up = append(up, s)
		}
	}
	return up[randv2.IntN(len(up))] // want `rand.IntN panics when nothing was appended to the list`
}

func zero() int {
	return randv2.N(0) // want `rand.N panics always`
}

type config struct {
	Interval time.Duration `json:"interval"`
	Workers  int           `json:"workers"`
	Jitter   time.Duration `yaml:"jitter"`
}

func load(data []byte) (*config, error) {
	c := new(config)
	if err := json.Unmarshal(data, c); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *config) run() {
	t := time.NewTicker(c.Interval * time.Second) // want `time.NewTicker panics when the number from the setting config.Interval is not positive`
	defer t.Stop()
	t.Reset(c.Jitter) // want `\(\*time.Ticker\).Reset panics when the number from the setting config.Jitter`
}

func share(data []byte, jobs int) (int, error) {
	c, err := load(data)
	if err != nil {
		return 0, err
	}
	return jobs / c.Workers, nil // want `the division panics when the number from the input of Unmarshal is 0`
}

var every = flag.Duration("every", time.Second, "")

func ticker() *time.Ticker {
	return time.NewTicker(*every) // want `time.NewTicker panics when the number from a flag is not positive`
}

func parsedDuration(s string) (*time.Ticker, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil, err
	}
	return time.NewTicker(d), nil // want `time.NewTicker panics when the number from time.ParseDuration is not positive`
}

func divide(a int, s string) int {
	b, _ := strconv.Atoi(s)
	return a / b // want `the division panics when the number from strconv.Atoi is 0`
}

func remainder(h uint32, s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return h % uint32(n) // want `the division panics when the number from strconv.ParseUint is 0`
}

func average(line string) int {
	sum, words := 0, strings.Fields(line)
	for _, w := range words {
		sum += len(w)
	}
	return sum / len(words) // want `the division panics when the list is empty, as strings.Fields may make it`
}

func wrongCheck(a int, s string) int {
	b, err := strconv.Atoi(s)
	if err != nil || b < 0 {
		return 0
	}
	return a / b // want `the division panics when the number from strconv.Atoi is 0`
}

func made(s string) []int {
	n, _ := strconv.Atoi(s)
	if n > 1000 {
		n = 1000
	}
	return make([]int, n) // want `make panics when the number from strconv.Atoi is negative`
}

func madeChan(s string) chan int {
	n, _ := strconv.Atoi(s)
	if n > 1000 {
		return nil
	}
	return make(chan int, n) // want `make of a channel panics when the number from strconv.Atoi is negative`
}

func base(s, b string) string {
	n, _ := strconv.Atoi(b)
	return strconv.FormatInt(5, n) // want `strconv.FormatInt panics when the number from strconv.Atoi is not from 2 to 36`
}

func status(w http.ResponseWriter, s string) {
	code, _ := strconv.Atoi(s)
	w.WriteHeader(code)     // want `\(http.ResponseWriter\).WriteHeader panics when the number from strconv.Atoi is not from 100 to 999`
	http.Error(w, "bad", 0) // want `http.Error panics always: 0 is not from 100 to 999`
}

func nothing(ctx context.Context, v *atomic.Value) {
	ctx = context.WithValue(ctx, nil, 1)       // want `context.WithValue panics because it is given nil`
	_, stop := context.WithTimeout(nil, 1)     // want `context.WithTimeout panics because it is given nil`
	v.Store(nil)                               // want `\(\*atomic.Value\).Store panics because it is given nil`
	_ = time.Date(2000, 1, 1, 0, 0, 0, 0, nil) // want `time.Date panics because it is given nil`
	stop()
}

type state struct{ current atomic.Value }

func (s *state) set()   { s.current.Store("up") }
func (s *state) clear() { s.current.Store(errors.New("down")) } // an interface: its type is not known

func (s *state) count() {
	s.current.Store(3) // want `atomic.Value panics because it is given a int here and a string elsewhere`
}

func request() *http.Request {
	return httptest.NewRequest("GET", "users/1", nil) // want `httptest.NewRequest panics because "users/1" is no target`
}

type notFound struct{}

func (notFound) Error() string { return "" }

func as(err error) bool {
	var nf notFound
	return errors.As(err, nf) // want `errors.As panics because its target is a struct, not a pointer`
}

func sorted(m map[string]int, n int) {
	sort.Slice(m, func(i, j int) bool { return false })  // want `sort.Slice panics because it is given a map`
	sort.Slice(&n, func(i, j int) bool { return false }) // want `sort.Slice panics because it is given a pointer`
	_ = strings.NewReplacer("a", "b", "c")               // want `strings.NewReplacer panics because it is given an odd number`
}

func scan(in io.Reader) {
	s := bufio.NewScanner(in)
	s.Scan()
	s.Buffer(make([]byte, 10), 100) // want `\(\*bufio.Scanner\).Buffer panics because Scan has been called before`
}

func reflected(n int, p struct{ A int }) {
	reflect.ValueOf(n).Elem()             // want `\(reflect.Value\).Elem panics because the value is a int`
	reflect.ValueOf(n).SetInt(1)          // want `SetInt panics because the value is a copy`
	reflect.ValueOf(p).Field(0).SetInt(1) // want `SetInt panics because the value is a copy`
}

func largest(line string) string {
	return slices.Max(strings.Fields(line)) // want `slices.Max panics when the list is empty, as strings.Fields may make it`
}

func remove(list []string, s string) []string {
	i := slices.Index(list, s)
	return slices.Delete(list, i, i+1) // want `slices.Delete panics when slices.Index finds nothing and gives -1`
}

func insert(list []int, s string) []int {
	i, _ := strconv.Atoi(s)
	return slices.Insert(list, i, 1) // want `slices.Insert panics when the number from strconv.Atoi is no index`
}

func header(in io.Reader) uint32 {
	data, err := io.ReadAll(in)
	if err != nil {
		return 0
	}
	return binary.BigEndian.Uint32(data) // want `binary.BigEndian.Uint32 panics when the data is shorter than 4, as io.ReadAll may make it`
}

type message struct{ id uint16 }

func (m *message) UnmarshalBinary(data []byte) error {
	m.id = binary.LittleEndian.Uint16(data) // want `shorter than 2, as the data that UnmarshalBinary is given`
	return nil
}

func short() {
	var b [2]byte
	binary.BigEndian.PutUint32(b[:], 1) // want `always: it needs 4 elements and is given 2`
}

func unhex(s []byte) []byte {
	var dst []byte
	hex.Decode(dst, s) // want `hex.Decode panics because the destination has length 0`
	return dst
}

func decrypt(key []byte, s string) error {
	iv, err := hex.DecodeString(s)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	cipher.NewCBCDecrypter(block, iv)      // want `cipher.NewCBCDecrypter panics when it is not given 16 bytes, and hex.DecodeString decides`
	cipher.NewCTR(block, make([]byte, 12)) // want `cipher.NewCTR panics always: it needs 16 bytes and is given 12`
	return nil
}

func blocks(mode cipher.BlockMode, s string) {
	data, _ := hex.DecodeString(s)
	mode.CryptBlocks(data, data) // want `CryptBlocks panics when the data is no full blocks`
}

func open(aead cipher.AEAD, s string, text []byte) ([]byte, error) {
	nonce, err := hex.DecodeString(s)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nonce, text, nil) // want `\(cipher.AEAD\).Open panics when the nonce has another length`
}

func verify(s string, msg, sig []byte) bool {
	key, err := hex.DecodeString(s)
	return err == nil && ed25519.Verify(key, msg, sig) // want `ed25519.Verify panics when it is not given 32 bytes`
}

func ratio(a *big.Int, s string) *big.Int {
	b, ok := new(big.Int).SetString(s, 10)
	if !ok {
		return nil
	}
	return new(big.Int).Div(a, b) // want `\(\*big.Int\).Div panics when the denominator that was read is 0`
}

func deferred(s string) {
	n, _ := strconv.Atoi(s)
	go rand.Perm(n) // want `rand.Perm panics when the number from strconv.Atoi is negative`
	defer func() int {
		return 1 / n // want `the division panics`
	}()
}

// Pick takes one of what may be none.
func Pick(hosts []string) string {
	return hosts[rand.Intn(len(hosts))] // want `when Pick is given an empty list`
}

type pool struct{ members []string }

// Who has filled the field knows that there is one.
func (p *pool) pick() string { return p.members[rand.Intn(len(p.members))] }

// Checked asks.
func Checked(hosts []string) string {
	if len(hosts) == 0 {
		return ""
	}
	return hosts[rand.Intn(len(hosts))]
}

func again(t *time.Ticker, next time.Time) {
	t.Reset(time.Until(next)) // want `when the number from time.Until is not positive`
}

func againLater(t *time.Ticker, next time.Time) {
	t.Reset(max(time.Until(next), time.Second))
}

// Box draws a line as wide as it is told, less the frame and the title.
func Box(title string, width int) string {
	return strings.Repeat("-", width-len(title)-2) // want `when the text is longer than the width`
}

// Indent repeats what is between.
func Indent(path []string) string {
	return strings.Repeat(" ", len(path)-1) // want `when Indent is given an empty list`
}
