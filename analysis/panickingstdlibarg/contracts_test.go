package panickingstdlibarg

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"math/rand"
	randv2 "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Variables, so that neither the compiler nor vet sees what is coming.
var (
	negative = -1
	none     = 0
	noValue  any
	noCtx    context.Context
	empty    = []int{}
	three    = make([]byte, 3)
	block, _ = aes.NewCipher(make([]byte, 16))
	gcm, _   = cipher.NewGCM(block)
	old      = rand.New(rand.NewSource(1))
	newer    = randv2.New(randv2.NewPCG(1, 2))
	one      = big.NewInt(1)
)

func scanned() *bufio.Scanner {
	s := bufio.NewScanner(strings.NewReader("a\nb"))
	s.Scan()
	return s
}

// breaks holds a call that breaks each contract.
var breaks = map[string]func(){
	"strings.Repeat":              func() { _ = strings.Repeat("x", negative) },
	"bytes.Repeat":                func() { bytes.Repeat(three, negative) },
	"slices.Repeat":               func() { _ = slices.Repeat(empty, negative) },
	"(*bytes.Buffer).Grow":        func() { new(bytes.Buffer).Grow(negative) },
	"(*strings.Builder).Grow":     func() { new(strings.Builder).Grow(negative) },
	"(*bytes.Buffer).Truncate":    func() { new(bytes.Buffer).Truncate(negative) },
	"slices.Grow":                 func() { _ = slices.Grow(empty, negative) },
	"slices.Chunk":                func() { _ = slices.Chunk(empty, none) },
	"math/rand.Intn":              func() { rand.Intn(none) },
	"math/rand.Int31n":            func() { rand.Int31n(int32(none)) },
	"math/rand.Int63n":            func() { rand.Int63n(int64(none)) },
	"math/rand.Perm":              func() { rand.Perm(negative) },
	"math/rand.Shuffle":           func() { rand.Shuffle(negative, nil) },
	"(*math/rand.Rand).Intn":      func() { old.Intn(none) },
	"(*math/rand.Rand).Int31n":    func() { old.Int31n(int32(none)) },
	"(*math/rand.Rand).Int63n":    func() { old.Int63n(int64(none)) },
	"(*math/rand.Rand).Perm":      func() { old.Perm(negative) },
	"math/rand/v2.IntN":           func() { randv2.IntN(none) },
	"math/rand/v2.Int32N":         func() { randv2.Int32N(int32(none)) },
	"math/rand/v2.Int64N":         func() { randv2.Int64N(int64(none)) },
	"math/rand/v2.UintN":          func() { randv2.UintN(uint(none)) },
	"math/rand/v2.Uint32N":        func() { randv2.Uint32N(uint32(none)) },
	"math/rand/v2.Uint64N":        func() { randv2.Uint64N(uint64(none)) },
	"math/rand/v2.N":              func() { randv2.N(none) },
	"math/rand/v2.Perm":           func() { randv2.Perm(negative) },
	"(*math/rand/v2.Rand).IntN":   func() { newer.IntN(none) },
	"(*math/rand/v2.Rand).Perm":   func() { newer.Perm(negative) },
	"(*math/rand/v2.Rand).Int64N": func() { newer.Int64N(int64(none)) },

	"time.NewTicker":       func() { time.NewTicker(time.Duration(none)) },
	"(*time.Ticker).Reset": func() { t := time.NewTicker(time.Hour); defer t.Stop(); t.Reset(time.Duration(none)) },
	"time.Date":            func() { var nowhere *time.Location; time.Date(1, 1, 1, 1, 1, 1, 1, nowhere) },
	"(time.Time).In":       func() { var nowhere *time.Location; _ = time.Now().In(nowhere) },

	"strconv.FormatInt":  func() { strconv.FormatInt(500, negative) },
	"strconv.FormatUint": func() { strconv.FormatUint(500, negative) },
	"strconv.AppendInt":  func() { strconv.AppendInt(nil, 500, negative) },

	"(net/http.ResponseWriter).WriteHeader": func() { httptest.NewRecorder().WriteHeader(none) },
	"net/http.Error":                        func() { http.Error(httptest.NewRecorder(), "", none) },
	"net/http.Redirect":                     func() { http.Redirect(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), "/", none) },

	"context.WithValue":               func() { _ = context.WithValue(context.Background(), noValue, 1) },
	"context.WithCancel":              func() { _, stop := context.WithCancel(noCtx); stop() },
	"context.WithTimeout":             func() { _, stop := context.WithTimeout(noCtx, 1); stop() },
	"context.WithDeadline":            func() { _, stop := context.WithDeadline(noCtx, time.Now()); stop() },
	"(*net/http.Request).WithContext": func() { _ = new(http.Request).WithContext(noCtx) },
	"os/exec.CommandContext":          func() { exec.CommandContext(noCtx, "true") },
	"(*net/http.ServeMux).Handle":     func() { http.NewServeMux().Handle("/", nil) },
	"net/http.Handle":                 func() { http.Handle("/", nil) },
	"(*sync/atomic.Value).Store":      func() { new(atomic.Value).Store(noValue) },
	"net/http/httptest.NewRequest":    func() { httptest.NewRequest("GET", "a b", nil) },
	"errors.As":                       func() { errors.As(errors.New("x"), any(none)) },
	"sort.Slice":                      func() { sort.Slice(any(none), nil) },                //nolint:staticcheck // it is what is shown
	"sort.SliceStable":                func() { sort.SliceStable(any(none), nil) },          //nolint:staticcheck // it is what is shown
	"strings.NewReplacer":             func() { strings.NewReplacer(make([]string, 1)...) }, //nolint:staticcheck // it is what is shown
	"(*bufio.Scanner).Buffer":         func() { scanned().Buffer(nil, 5) },
	"(*bufio.Scanner).Split":          func() { scanned().Split(bufio.ScanWords) },
	"(reflect.Value).Elem":            func() { reflect.ValueOf(none).Elem() },
	"(reflect.Value).SetInt":          func() { reflect.ValueOf(none).SetInt(1) },
	"(reflect.Value).SetString":       func() { reflect.ValueOf("").SetString("") },
	"(reflect.Value).SetBool":         func() { reflect.ValueOf(true).SetBool(true) },
	"(reflect.Value).SetFloat":        func() { reflect.ValueOf(1.5).SetFloat(1) },
	"(reflect.Value).Set":             func() { reflect.ValueOf(none).Set(reflect.ValueOf(none)) },

	"slices.Max":     func() { _ = slices.Max(empty) },
	"slices.Min":     func() { _ = slices.Min(empty) },
	"slices.MaxFunc": func() { _ = slices.MaxFunc(empty, func(int, int) int { return 0 }) },
	"slices.MinFunc": func() { _ = slices.MinFunc(empty, func(int, int) int { return 0 }) },
	"slices.Insert":  func() { _ = slices.Insert(empty, negative, 1) },
	"slices.Delete":  func() { _ = slices.Delete([]int{1}, negative, none) },
	"slices.Replace": func() { _ = slices.Replace([]int{1}, negative, none) },

	"(encoding/binary.bigEndian).Uint16":       func() { binary.BigEndian.Uint16(three[:none]) },
	"(encoding/binary.bigEndian).Uint32":       func() { binary.BigEndian.Uint32(three) },
	"(encoding/binary.bigEndian).Uint64":       func() { binary.BigEndian.Uint64(three) },
	"(encoding/binary.littleEndian).Uint16":    func() { binary.LittleEndian.Uint16(three[:none]) },
	"(encoding/binary.littleEndian).Uint32":    func() { binary.LittleEndian.Uint32(three) },
	"(encoding/binary.littleEndian).Uint64":    func() { binary.LittleEndian.Uint64(three) },
	"(encoding/binary.bigEndian).PutUint16":    func() { binary.BigEndian.PutUint16(three[:none], 1) },
	"(encoding/binary.bigEndian).PutUint32":    func() { binary.BigEndian.PutUint32(three, 1) },
	"(encoding/binary.bigEndian).PutUint64":    func() { binary.BigEndian.PutUint64(three, 1) },
	"(encoding/binary.littleEndian).PutUint16": func() { binary.LittleEndian.PutUint16(three[:none], 1) },
	"(encoding/binary.littleEndian).PutUint32": func() { binary.LittleEndian.PutUint32(three, 1) },
	"(encoding/binary.littleEndian).PutUint64": func() { binary.LittleEndian.PutUint64(three, 1) },
	"encoding/hex.Decode":                      func() { _, _ = hex.Decode(nil, []byte("aabb")) },
	"encoding/hex.Encode":                      func() { hex.Encode(nil, three) },
	"(*encoding/base64.Encoding).Decode":       func() { _, _ = base64.StdEncoding.Decode(nil, []byte("aabb")) },
	"(*encoding/base64.Encoding).Encode":       func() { base64.StdEncoding.Encode(nil, three) },

	"crypto/cipher.NewCBCEncrypter":         func() { cipher.NewCBCEncrypter(block, three) },
	"crypto/cipher.NewCBCDecrypter":         func() { cipher.NewCBCDecrypter(block, three) },
	"crypto/cipher.NewCTR":                  func() { cipher.NewCTR(block, three) },
	"crypto/cipher.NewOFB":                  func() { cipher.NewOFB(block, three) },          //nolint:staticcheck // the contract holds all the same
	"crypto/cipher.NewCFBEncrypter":         func() { cipher.NewCFBEncrypter(block, three) }, //nolint:staticcheck // the contract holds all the same
	"crypto/cipher.NewCFBDecrypter":         func() { cipher.NewCFBDecrypter(block, three) }, //nolint:staticcheck // the contract holds all the same
	"(crypto/cipher.BlockMode).CryptBlocks": func() { cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(three, three) },
	"(crypto/cipher.AEAD).Open":             func() { _, _ = gcm.Open(nil, three, nil, nil) },
	"(crypto/cipher.AEAD).Seal":             func() { gcm.Seal(nil, three, nil, nil) },
	"crypto/ed25519.Verify":                 func() { ed25519.Verify(three, nil, nil) },
	"crypto/ed25519.Sign":                   func() { ed25519.Sign(three, nil) },
	"crypto/ed25519.NewKeyFromSeed":         func() { ed25519.NewKeyFromSeed(three) },

	"(*math/big.Int).Div":     func() { new(big.Int).Div(one, new(big.Int)) },
	"(*math/big.Int).Mod":     func() { new(big.Int).Mod(one, new(big.Int)) },
	"(*math/big.Int).Quo":     func() { new(big.Int).Quo(one, new(big.Int)) },
	"(*math/big.Int).Rem":     func() { new(big.Int).Rem(one, new(big.Int)) },
	"(*math/big.Int).DivMod":  func() { new(big.Int).DivMod(one, new(big.Int), new(big.Int)) },
	"(*math/big.Int).QuoRem":  func() { new(big.Int).QuoRem(one, new(big.Int), new(big.Int)) },
	"(*math/big.Rat).SetFrac": func() { new(big.Rat).SetFrac(one, new(big.Int)) },
	"math/big.NewRat":         func() { big.NewRat(1, int64(none)) },
}

// Each contract is one that the standard library has: who breaks it panics with
// that text.
func TestContractsPanic(t *testing.T) {
	for name, k := range contracts {
		call, ok := breaks[name]
		if !ok {
			t.Errorf("%s: nothing breaks its contract", name)
			continue
		}
		got := outcome(call)
		if !strings.Contains(got, k.says) {
			t.Errorf("%s: panics with %q, the table says %q", name, got, k.says)
		}
	}
	for name := range breaks {
		if _, ok := contracts[name]; !ok {
			t.Errorf("%s is called and has no contract", name)
		}
	}
}

func outcome(call func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	call()
	return "no panic"
}
