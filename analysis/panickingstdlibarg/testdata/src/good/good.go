// Package good holds code that keeps the contracts.
package good

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
	"fmt"
	"io"
	"math/big"
	"math/rand"
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

// Bounded below.
func repeat(s string, width int) string {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 100 {
		return ""
	}
	if width < len(s) {
		return s
	}
	return strings.Repeat("-", n) + strings.Repeat(" ", max(0, 20-len(s))) + strings.Repeat(" ", width-len(s)) + strings.Repeat("x", 3)
}

func early(s string, width int) string {
	if len(s) >= width {
		return s
	}
	return s + strings.Repeat(" ", width-len(s))
}

func viaVariable(s string) string {
	n := 40 - len(s)
	if n <= 0 {
		return s
	}
	return s + strings.Repeat("=", n)
}

// The width is the greatest length, found in a loop.
func table(rows []string) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r))
	}
	for _, r := range rows {
		fmt.Println(r + strings.Repeat(" ", width-len(r)))
	}
}

// Unknown origin.
func unknown(n int, list []string, d time.Duration) int {
	time.NewTicker(d)
	return rand.Intn(n) + 5/n + rand.Intn(len(list))
}

// The list is asked for.
func pick(r *http.Request) string {
	tags := r.URL.Query()["tag"]
	if len(tags) == 0 {
		return ""
	}
	return tags[rand.Intn(len(tags))]
}

func healthy(all []string, ok func(string) bool) string {
	var up []string
	for _, s := range all {
		if ok(s) {
			up = append(up, s)
		}
	}
	if len(up) == 0 {
		up = all
	}
	return up[rand.Intn(len(up))]
}

// A list that is not empty from the start.
func known() int {
	list := []int{1, 2, 3}
	return list[rand.Intn(len(list))] + slices.Max(list)
}

type config struct {
	Interval time.Duration `json:"interval"`
	Workers  int           `json:"workers"`
	Retry    time.Duration `json:"retry"`
	Batch    int           `json:"batch"`
}

// The package gives a default, or asks.
func (c *config) defaults() error {
	if c.Interval <= 0 {
		c.Interval = time.Minute
	}
	c.Retry = max(c.Retry, time.Second)
	if c.Workers < 1 {
		return errors.New("no workers")
	}
	return nil
}

func (c *config) run() int {
	time.NewTicker(c.Interval)
	time.NewTicker(c.Retry)
	return 100 / c.Workers
}

func load(data []byte) int {
	c := config{Batch: 10}
	if json.Unmarshal(data, &c) != nil || c.defaults() != nil {
		return 0
	}
	return 100/c.Workers + 100/c.Batch
}

var every = flag.Duration("every", time.Second, "")

func ticker() *time.Ticker {
	if *every <= 0 {
		return nil
	}
	return time.NewTicker(*every)
}

// These take any duration.
func timers(s string) {
	d, _ := time.ParseDuration(s)
	time.NewTimer(d)
	time.Tick(d)
	time.Sleep(d)
	time.AfterFunc(d, func() {})
}

func divide(a int, s string) int {
	b, err := strconv.Atoi(s)
	if err != nil || b == 0 {
		return 0
	}
	return a / b
}

func divideOr(a int, s string) int {
	b, _ := strconv.Atoi(s)
	if b < 1 {
		b = 1
	}
	return a/b + a/(b+1) + a%max(b, 1)
}

// A fraction is no integer division.
func float(a float64, s string) float64 {
	b, _ := strconv.ParseFloat(s, 64)
	return a / b
}

func average(line string) int {
	words := strings.Fields(line)
	if len(words) == 0 {
		return 0
	}
	return len(line) / len(words)
}

func inLoop(line string) (n int) {
	words := strings.Fields(line)
	for range words {
		n += len(line) / len(words)
	}
	return n + len(line)/len(strings.Split(line, ","))
}

func status(w http.ResponseWriter, s string) {
	code, err := strconv.Atoi(s)
	if err != nil || code < 100 || code > 599 {
		code = http.StatusBadGateway
	}
	w.WriteHeader(code)
	http.Error(w, "bad", http.StatusBadRequest)
}

func base(s string) string {
	n, _ := strconv.Atoi(s)
	return strconv.FormatInt(int64(n), 16)
}

type key struct{}

func something(ctx context.Context) (*http.Request, error) {
	ctx = context.WithValue(ctx, key{}, 1)
	return http.NewRequest("GET", "users 1", nil)
}

type state struct{ a, b atomic.Value }

// One type each.
func (s *state) set() {
	s.a.Store("up")
	s.a.Store("down")
	s.b.Store(1)
}

func request(path string) *http.Request {
	httptest.NewRequest("GET", path, nil)
	httptest.NewRequest("", "https://example.com/x", nil)
	return httptest.NewRequest("GET", "/users/1?a=b", nil)
}

type notFound struct{}

func (*notFound) Error() string { return "" }

func as(err error) bool {
	var nf *notFound
	return errors.As(err, &nf)
}

func sorted(m []int, v any) {
	sort.Slice(m, func(i, j int) bool { return m[i] < m[j] })
	sort.Slice(v, func(i, j int) bool { return false })
	_ = strings.NewReplacer("a", "b")
	_ = strings.NewReplacer(strings.Fields("a b")...)
}

func scan(in io.Reader) {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 10), 100)
	s.Split(bufio.ScanWords)
	for s.Scan() {
	}
}

func reflected(n int, p struct{ A int }, v any) {
	reflect.ValueOf(&n).Elem().SetInt(1)
	reflect.ValueOf(&p).Elem().Field(0).SetInt(1)
	reflect.ValueOf(v).Elem()
}

func remove(list []string, s string) []string {
	if i := slices.Index(list, s); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

func header(in io.Reader) uint32 {
	data, err := io.ReadAll(in)
	if err != nil || len(data) < 8 {
		return 0
	}
	return binary.BigEndian.Uint32(data) + binary.BigEndian.Uint32(data[4:])
}

func fixed(in io.Reader) uint64 {
	var b [8]byte
	io.ReadFull(in, b[:])
	return binary.BigEndian.Uint64(b[:]) + uint64(binary.LittleEndian.Uint16(b[2:4]))
}

// Whoever calls this may have asked.
func param(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

func unhex(s []byte) []byte {
	dst := make([]byte, hex.DecodedLen(len(s)))
	hex.Decode(dst, s)
	return dst
}

func decrypt(key []byte, s string) error {
	data, err := hex.DecodeString(s)
	if err != nil {
		return err
	}
	if len(data) < aes.BlockSize || len(data)%aes.BlockSize != 0 {
		return errors.New("short")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	mode := cipher.NewCBCDecrypter(block, data[:aes.BlockSize])
	mode.CryptBlocks(data[aes.BlockSize:], data[aes.BlockSize:])
	return nil
}

func open(aead cipher.AEAD, s string, text []byte) ([]byte, error) {
	nonce, err := hex.DecodeString(s)
	if err != nil || len(nonce) != aead.NonceSize() {
		return nil, err
	}
	return aead.Open(nil, nonce, text, nil)
}

func verify(s string, msg, sig []byte) bool {
	key, err := hex.DecodeString(s)
	return err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, msg, sig)
}

func ratio(a *big.Int, s string) *big.Int {
	b, ok := new(big.Int).SetString(s, 10)
	if !ok || b.Sign() == 0 {
		return nil
	}
	return new(big.Int).Div(a, b)
}

func made(s string, list []int) []int {
	n, _ := strconv.Atoi(s)
	if n < 0 || n > 1000 {
		return nil
	}
	return make([]int, n, len(list)+n)
}

// Not too small, before it is cut off.
func pool(size int, hash uint32) uint32 {
	if size <= 1 {
		return 0
	}
	return hash % uint32(size)
}

type reader struct {
	buf []byte
	pos int
}

// The position moves on in between.
func (r *reader) number() uint16 {
	if len(r.buf)-r.pos < 2 {
		return 0
	}
	start := r.pos
	r.pos += 2
	return binary.BigEndian.Uint16(r.buf[start:r.pos])
}

// As long as it is told, or it does not return.
func (r *reader) next(n int) []byte {
	b := r.buf[r.pos : r.pos+n]
	r.pos += n
	return b
}

func (r *reader) skip() []byte {
	return r.next(int(binary.BigEndian.Uint16(r.next(2))))
}

func (r *reader) word(size int) uint64 {
	switch size {
	case 4:
		return uint64(binary.BigEndian.Uint32(r.next(size)))
	case 8:
		return binary.BigEndian.Uint64(r.next(size))
	}
	return 0
}
