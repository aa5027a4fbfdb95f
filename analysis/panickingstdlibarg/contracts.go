package panickingstdlibarg

// A need is what a function requires of an argument.
type need int

const (
	atLeast     need = iota // a number of at least n
	between                 // a number from n to max
	lenAtLeast              // a slice with at least n elements
	lenExactly              // a slice with exactly n elements
	notNil                  // something other than nil
	aSlice                  // a slice, behind an any
	aPointer                // a pointer, behind an any
	even                    // an even number of variadic arguments
	notZero                 // a *big.Int other than 0
	target                  // the path or URL of a request
	blockIV                 // as long as a block of the cipher made with aes
	fullBlocks              // full blocks of the cipher
	nonce                   // as long as the nonce of the AEAD
	within                  // an index within the first argument
	room                    // a destination with room for the source, the next argument
	beforeScan              // not behind Scan
	pointerElem             // a reflect.Value or Type of a pointer
	addressable             // a reflect.Value that can be set
)

// A contract is what a function requires of one argument, and the panic of who
// breaks it.
type contract struct {
	arg    int // counted from 0, without the receiver; -1 is the receiver
	need   need
	n, max int64
	says   string // a part of the text of the panic
}

// contracts are those of functions of the standard library that panic. A test runs
// each one.
var contracts = map[string]contract{
	"strings.Repeat":           {arg: 1, need: atLeast, says: "negative Repeat count"},
	"bytes.Repeat":             {arg: 1, need: atLeast, says: "negative Repeat count"},
	"slices.Repeat":            {arg: 1, need: atLeast, says: "cannot be negative"},
	"(*bytes.Buffer).Grow":     {arg: 0, need: atLeast, says: "negative count"},
	"(*strings.Builder).Grow":  {arg: 0, need: atLeast, says: "negative count"},
	"(*bytes.Buffer).Truncate": {arg: 0, need: atLeast, says: "truncation out of range"},
	"slices.Grow":              {arg: 1, need: atLeast, says: "cannot be negative"},
	"slices.Chunk":             {arg: 1, need: atLeast, n: 1, says: "cannot be less than 1"},

	"math/rand.Intn":              {arg: 0, need: atLeast, n: 1, says: "invalid argument to Intn"},
	"math/rand.Int31n":            {arg: 0, need: atLeast, n: 1, says: "invalid argument to Int31n"},
	"math/rand.Int63n":            {arg: 0, need: atLeast, n: 1, says: "invalid argument to Int63n"},
	"math/rand.Perm":              {arg: 0, need: atLeast, says: "makeslice: len out of range"},
	"math/rand.Shuffle":           {arg: 0, need: atLeast, says: "invalid argument to Shuffle"},
	"(*math/rand.Rand).Intn":      {arg: 0, need: atLeast, n: 1, says: "invalid argument to Intn"},
	"(*math/rand.Rand).Int31n":    {arg: 0, need: atLeast, n: 1, says: "invalid argument to Int31n"},
	"(*math/rand.Rand).Int63n":    {arg: 0, need: atLeast, n: 1, says: "invalid argument to Int63n"},
	"(*math/rand.Rand).Perm":      {arg: 0, need: atLeast, says: "makeslice: len out of range"},
	"math/rand/v2.IntN":           {arg: 0, need: atLeast, n: 1, says: "invalid argument to IntN"},
	"math/rand/v2.Int32N":         {arg: 0, need: atLeast, n: 1, says: "invalid argument to Int32N"},
	"math/rand/v2.Int64N":         {arg: 0, need: atLeast, n: 1, says: "invalid argument to Int64N"},
	"math/rand/v2.UintN":          {arg: 0, need: atLeast, n: 1, says: "invalid argument to UintN"},
	"math/rand/v2.Uint32N":        {arg: 0, need: atLeast, n: 1, says: "invalid argument to Uint32N"},
	"math/rand/v2.Uint64N":        {arg: 0, need: atLeast, n: 1, says: "invalid argument to Uint64N"},
	"math/rand/v2.N":              {arg: 0, need: atLeast, n: 1, says: "invalid argument to N"},
	"math/rand/v2.Perm":           {arg: 0, need: atLeast, says: "makeslice: len out of range"},
	"(*math/rand/v2.Rand).IntN":   {arg: 0, need: atLeast, n: 1, says: "invalid argument to IntN"},
	"(*math/rand/v2.Rand).Perm":   {arg: 0, need: atLeast, says: "makeslice: len out of range"},
	"(*math/rand/v2.Rand).Int64N": {arg: 0, need: atLeast, n: 1, says: "invalid argument to Int64N"},

	"time.NewTicker":       {arg: 0, need: atLeast, n: 1, says: "non-positive interval for NewTicker"},
	"(*time.Ticker).Reset": {arg: 0, need: atLeast, n: 1, says: "non-positive interval for Ticker.Reset"},
	"time.Date":            {arg: 7, need: notNil, says: "missing Location in call to Date"},
	"(time.Time).In":       {arg: 0, need: notNil, says: "missing Location in call to Time.In"},

	"strconv.FormatInt":  {arg: 1, need: between, n: 2, max: 36, says: "illegal AppendInt/FormatInt base"},
	"strconv.FormatUint": {arg: 1, need: between, n: 2, max: 36, says: "illegal AppendInt/FormatInt base"},
	"strconv.AppendInt":  {arg: 2, need: between, n: 2, max: 36, says: "illegal AppendInt/FormatInt base"},

	"(net/http.ResponseWriter).WriteHeader": {arg: 0, need: between, n: 100, max: 999, says: "invalid WriteHeader code"},
	"net/http.Error":                        {arg: 2, need: between, n: 100, max: 999, says: "invalid WriteHeader code"},
	"net/http.Redirect":                     {arg: 3, need: between, n: 100, max: 999, says: "invalid WriteHeader code"},

	"context.WithValue":               {arg: 1, need: notNil, says: "nil key"},
	"context.WithCancel":              {arg: 0, need: notNil, says: "nil parent"},
	"context.WithTimeout":             {arg: 0, need: notNil, says: "nil parent"},
	"context.WithDeadline":            {arg: 0, need: notNil, says: "nil parent"},
	"(*net/http.Request).WithContext": {arg: 0, need: notNil, says: "nil context"},
	"os/exec.CommandContext":          {arg: 0, need: notNil, says: "nil Context"},
	"(*net/http.ServeMux).Handle":     {arg: 1, need: notNil, says: "nil handler"},
	"net/http.Handle":                 {arg: 1, need: notNil, says: "nil handler"},
	"(*sync/atomic.Value).Store":      {arg: 0, need: notNil, says: "store of nil value"},
	"net/http/httptest.NewRequest":    {arg: 1, need: target, says: "invalid NewRequest arguments"},
	"errors.As":                       {arg: 1, need: aPointer, says: "target must be a non-nil pointer"},
	"sort.Slice":                      {arg: 0, need: aSlice, says: "call of Swapper"},
	"sort.SliceStable":                {arg: 0, need: aSlice, says: "call of Swapper"},
	"strings.NewReplacer":             {arg: 0, need: even, says: "odd argument count"},
	"(*bufio.Scanner).Buffer":         {arg: -1, need: beforeScan, says: "Buffer called after Scan"},
	"(*bufio.Scanner).Split":          {arg: -1, need: beforeScan, says: "Split called after Scan"},
	"(reflect.Value).Elem":            {arg: -1, need: pointerElem, says: "call of reflect.Value.Elem on"},
	"(reflect.Value).SetInt":          {arg: -1, need: addressable, says: "unaddressable value"},
	"(reflect.Value).SetString":       {arg: -1, need: addressable, says: "unaddressable value"},
	"(reflect.Value).SetBool":         {arg: -1, need: addressable, says: "unaddressable value"},
	"(reflect.Value).SetFloat":        {arg: -1, need: addressable, says: "unaddressable value"},
	"(reflect.Value).Set":             {arg: -1, need: addressable, says: "unaddressable value"},

	"slices.Max":     {arg: 0, need: lenAtLeast, n: 1, says: "empty list"},
	"slices.Min":     {arg: 0, need: lenAtLeast, n: 1, says: "empty list"},
	"slices.MaxFunc": {arg: 0, need: lenAtLeast, n: 1, says: "empty list"},
	"slices.MinFunc": {arg: 0, need: lenAtLeast, n: 1, says: "empty list"},
	"slices.Insert":  {arg: 1, need: within, says: "slice bounds out of range"},
	"slices.Delete":  {arg: 1, need: within, says: "slice bounds out of range"},
	"slices.Replace": {arg: 1, need: within, says: "slice bounds out of range"},

	"(encoding/binary.bigEndian).Uint16":       {arg: 0, need: lenAtLeast, n: 2, says: "index out of range"},
	"(encoding/binary.bigEndian).Uint32":       {arg: 0, need: lenAtLeast, n: 4, says: "index out of range"},
	"(encoding/binary.bigEndian).Uint64":       {arg: 0, need: lenAtLeast, n: 8, says: "index out of range"},
	"(encoding/binary.littleEndian).Uint16":    {arg: 0, need: lenAtLeast, n: 2, says: "index out of range"},
	"(encoding/binary.littleEndian).Uint32":    {arg: 0, need: lenAtLeast, n: 4, says: "index out of range"},
	"(encoding/binary.littleEndian).Uint64":    {arg: 0, need: lenAtLeast, n: 8, says: "index out of range"},
	"(encoding/binary.bigEndian).PutUint16":    {arg: 0, need: lenAtLeast, n: 2, says: "index out of range"},
	"(encoding/binary.bigEndian).PutUint32":    {arg: 0, need: lenAtLeast, n: 4, says: "index out of range"},
	"(encoding/binary.bigEndian).PutUint64":    {arg: 0, need: lenAtLeast, n: 8, says: "index out of range"},
	"(encoding/binary.littleEndian).PutUint16": {arg: 0, need: lenAtLeast, n: 2, says: "index out of range"},
	"(encoding/binary.littleEndian).PutUint32": {arg: 0, need: lenAtLeast, n: 4, says: "index out of range"},
	"(encoding/binary.littleEndian).PutUint64": {arg: 0, need: lenAtLeast, n: 8, says: "index out of range"},
	"encoding/hex.Decode":                      {arg: 0, need: room, says: "index out of range"},
	"encoding/hex.Encode":                      {arg: 0, need: room, says: "index out of range"},
	"(*encoding/base64.Encoding).Decode":       {arg: 0, need: room, says: "index out of range"},
	"(*encoding/base64.Encoding).Encode":       {arg: 0, need: room, says: "index out of range"},

	"crypto/cipher.NewCBCEncrypter":         {arg: 1, need: blockIV, n: 16, says: "IV length must equal block size"},
	"crypto/cipher.NewCBCDecrypter":         {arg: 1, need: blockIV, n: 16, says: "IV length must equal block size"},
	"crypto/cipher.NewCTR":                  {arg: 1, need: blockIV, n: 16, says: "IV length"},
	"crypto/cipher.NewOFB":                  {arg: 1, need: blockIV, n: 16, says: "IV length must equal block size"},
	"crypto/cipher.NewCFBEncrypter":         {arg: 1, need: blockIV, n: 16, says: "IV length must equal block size"},
	"crypto/cipher.NewCFBDecrypter":         {arg: 1, need: blockIV, n: 16, says: "IV length must equal block size"},
	"(crypto/cipher.BlockMode).CryptBlocks": {arg: 1, need: fullBlocks, says: "input not full blocks"},
	"(crypto/cipher.AEAD).Open":             {arg: 1, need: nonce, says: "incorrect nonce length"},
	"(crypto/cipher.AEAD).Seal":             {arg: 1, need: nonce, says: "incorrect nonce length"},
	"crypto/ed25519.Verify":                 {arg: 0, need: lenExactly, n: 32, says: "bad public key length"},
	"crypto/ed25519.Sign":                   {arg: 0, need: lenExactly, n: 64, says: "bad private key length"},
	"crypto/ed25519.NewKeyFromSeed":         {arg: 0, need: lenExactly, n: 32, says: "bad seed length"},

	"(*math/big.Int).Div":     {arg: 1, need: notZero, says: "division by zero"},
	"(*math/big.Int).Mod":     {arg: 1, need: notZero, says: "division by zero"},
	"(*math/big.Int).Quo":     {arg: 1, need: notZero, says: "division by zero"},
	"(*math/big.Int).Rem":     {arg: 1, need: notZero, says: "division by zero"},
	"(*math/big.Int).DivMod":  {arg: 1, need: notZero, says: "division by zero"},
	"(*math/big.Int).QuoRem":  {arg: 1, need: notZero, says: "division by zero"},
	"(*math/big.Rat).SetFrac": {arg: 1, need: notZero, says: "division by zero"},
	"math/big.NewRat":         {arg: 1, need: between, n: 1, max: 1 << 61, says: "division by zero"},
}
