package a

import (
	"b"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

func split(s string) string {
	return strings.Split(s, ":")[1] // want `index-unchecked: strings.Split\(s, ":"\) may have fewer than 2 elements.*, and index 1 panics then`
}

func variable(s string) (string, string) {
	parts := strings.Split(s, ":")
	host := parts[0] // there is always one
	port := parts[1] // want `parts may have fewer than 2 elements`
	return host, port
}

func splitN(s string) string {
	kv := strings.SplitN(s, "=", 2)
	return kv[1] // want `kv may have fewer than 2`
}

func fields(line string) string {
	return strings.Fields(line)[0] // want `fewer than 1 element`
}

func bytesFields(line []byte) []byte {
	parts := bytes.Fields(line)
	return parts[2] // want `parts may have fewer than 3`
}

func main() {
	println(os.Args[1]) // want `os.Args may have fewer than 2 elements.*`
}

func argsSlice() []string {
	return os.Args[2:] // want `os.Args may be shorter than 2`
}

var kv = regexp.MustCompile(`(\w+)=(\w+)`)

func submatch(s string) string {
	m := kv.FindStringSubmatch(s)
	return m[1] // want `m may have fewer than 2`
}

func tooManyGroups(s string) string {
	m := kv.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[3] // want `m may have fewer than 4`
}

func findIndex(s string) string {
	loc := kv.FindStringIndex(s)
	return s[loc[0]:] // want `loc may have fewer than 1`
}

func wrongCheck(s string) string {
	parts := strings.Split(s, ",")
	if len(parts) < 2 {
		return ""
	}
	return parts[2] // want `parts may have fewer than 3`
}

func emptyCheckOnly(line string) string {
	parts := strings.Fields(line)
	if len(parts) == 0 {
		return ""
	}
	return parts[1] // want `parts may have fewer than 2`
}

func otherSlice(a, b string) string {
	x, y := strings.Split(a, ","), strings.Split(b, ",")
	if len(x) > 1 {
		return y[1] // want `y may have fewer than 2`
	}
	return ""
}

func inLoop(pairs []string) map[string]string {
	m := make(map[string]string)
	for _, p := range pairs {
		kv := strings.Split(p, "=")
		m[kv[0]] = kv[1] // want `kv may have fewer than 2`
	}
	return m
}

func inClosure(line string) func() string {
	parts := strings.Fields(line)
	return func() string {
		return parts[1] // want `parts may have fewer than 2`
	}
}

func conditional(line string, verbose bool) string {
	parts := strings.Fields(line)
	if verbose {
		return parts[1] // want `parts may have fewer than 2`
	}
	return ""
}

func bearer(r *http.Request) string {
	parts := strings.Split(r.Header.Get("Authorization"), " ")
	if parts[0] != "Bearer" {
		return ""
	}
	return parts[1] // want `parts may have fewer than 2`
}

func headerValues(r *http.Request) string {
	return r.Header["X-Token"][0] // want `a map entry that may be missing`
}

func queryValues(r *http.Request) string {
	ids := r.URL.Query()["id"]
	return ids[0] // want `ids may have fewer than 1`
}

func formFile(r *http.Request) string {
	return r.MultipartForm.File["f"][0].Filename // want `a map entry that may be missing`
}

func firstByte(r *http.Request) byte {
	name := r.FormValue("name")
	return name[0] // want `name may have fewer than 1`
}

func line(in io.Reader) {
	sc := bufio.NewScanner(in)
	for sc.Scan() {
		text := sc.Text()
		if text[0] == '#' { // want `text may have fewer than 1 element.*`
			continue
		}
		println(text)
	}
}

func trimmed(in *bufio.Reader) (byte, error) {
	text, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	text = strings.TrimSpace(text)
	return text[0], nil // want `text may have fewer than 1`
}

func lastByte(in io.Reader) byte {
	data, err := io.ReadAll(in)
	if err != nil {
		return 0
	}
	return data[len(data)-1] // want `data may have fewer than 1`
}

func skipHeader(in io.Reader) ([][]string, error) {
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil // want `rows may be shorter than 1`
}

func columns(in io.Reader) string {
	r := csv.NewReader(in)
	rec, err := r.Read()
	if err != nil {
		return ""
	}
	return rec[0] + rec[3] // want `rec may have fewer than 4`
}

func rows(in io.Reader) (out []string) {
	all, _ := csv.NewReader(in).ReadAll()
	for _, row := range all {
		out = append(out, row[2]) // want `row may have fewer than 3`
	}
	return out
}

func datagram(conn net.PacketConn) byte {
	buf := make([]byte, 1500)
	n, _, err := conn.ReadFrom(buf)
	if err != nil {
		return 0
	}
	msg := buf[:n]
	return msg[0] // want `msg may have fewer than 1`
}

type request struct {
	Items []string
	Index int
	Inner struct{ Names []string }
}

func decoded(r *http.Request) string {
	var req request
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return ""
	}
	return req.Items[0] // want `req.Items may have fewer than 1 element.*`
}

func decodedNested(data []byte) string {
	req := new(request)
	if json.Unmarshal(data, req) != nil {
		return ""
	}
	return req.Inner.Names[2] // want `req.Inner.Names may have fewer than 3`
}

func decodedIndex(data []byte, table []string) string {
	var req request
	if err := json.Unmarshal(data, &req); err != nil {
		return ""
	}
	return table[req.Index] // want `the number from the input of Unmarshal is not below the length`
}

func anyArray(v map[string]any) any {
	list, ok := v["items"].([]any)
	if !ok {
		return nil
	}
	return list[0] // want `list may have fewer than 1 element.*`
}

func parsedIndex(s string, table []string) string {
	n, err := strconv.Atoi(s)
	if err != nil {
		return ""
	}
	return table[n] // want `table\[n\] panics when the number from strconv.Atoi is not below the length`
}

func negative(s string, table []string) string {
	n, err := strconv.Atoi(s)
	if err != nil || n >= len(table) {
		return ""
	}
	return table[n] // want `table\[n\] panics when the number from strconv.Atoi is negative`
}

func negativeRemainder(s string, table []string) string {
	n, _ := strconv.Atoi(s)
	if len(table) == 0 {
		return ""
	}
	return table[n%len(table)] // want `is negative`
}

func prefix(s string, q string) string {
	n, _ := strconv.Atoi(q)
	return s[:n] // want `s is sliced at n, a number from strconv.Atoi that nothing compares with the length`
}

func frame(b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	n := binary.BigEndian.Uint32(b)
	return b[4 : 4+n] // want `b is sliced at 4 \+ n, a number from binary.Uint32`
}

func tlv(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	n := int(b[1])
	return b[2 : 2+n] // want `b is sliced at 2 \+ n, a number from a byte of the data`
}

func upTo(xs []int) (sum int) {
	for i := 0; i <= len(xs); i++ {
		sum += xs[i] // want `xs\[i\] panics at the end: the condition lets the index reach the length`
	}
	return sum
}

func next(xs []int) (n int) {
	for i := range xs {
		if xs[i] > xs[i+1] { // want `xs\[i \+ 1\] panics at the end`
			n++
		}
	}
	return n
}

func nextCounting(xs []int) (n int) {
	for i := 0; i < len(xs); i++ {
		n += xs[i+1] - xs[i] // want `xs\[i \+ 1\] panics at the end`
	}
	return n
}

func backwards(xs []int) (n int) {
	for i := len(xs); i >= 0; i-- {
		n += xs[i] // want `xs\[i\] panics on the first turn`
	}
	return n
}

func reached(xs []int, i int) int {
	if i > len(xs) {
		return 0
	}
	return xs[i] // want `xs\[i\] panics at the end`
}

func behind(xs []int) int {
	return xs[len(xs)] // want `always panics`
}

func literal() int {
	xs := []int{1, 2, 3}
	return xs[3:][0] + xs[:2][2] // want `always panics` `always panics`
}

func flagValue() string {
	for i, a := range os.Args {
		if a == "-o" {
			return os.Args[i+1] // want `os.Args\[i \+ 1\] panics at the end`
		}
	}
	return ""
}

func pairs(line string) map[string]string {
	words := strings.Fields(line)
	m := make(map[string]string)
	for i := 0; i < len(words); i += 2 {
		m[words[i]] = words[i+1] // want `words\[i \+ 1\] panics at the end`
	}
	return m
}

func twoLists(keys []string, line string) map[string]string {
	values := strings.Split(line, ",")
	m := make(map[string]string)
	for i, k := range keys {
		m[k] = values[i] // want `gives fewer elements than the loop expects`
	}
	return m
}

func colon(addr string) string {
	return addr[:strings.Index(addr, ":")] // want `panics when strings.Index finds nothing and gives -1`
}

func lastDot(name string) string {
	i := strings.LastIndexByte(name, '.')
	return name[i:] // want `panics when strings.LastIndexByte finds nothing`
}

func batches(items []string, size int, use func([]string)) {
	for i := 0; i < len(items); i += size {
		use(items[i : i+size]) // want `items is cut into pieces of size`
	}
}

func columnsOf(line string) []string { return strings.Split(line, ";") }

func viaHelper(line string) string {
	return columnsOf(line)[2] // want `fewer than 3`
}

func viaPackage(line string) string {
	cols := b.Columns(line)
	return cols[0] + cols[1] // want `cols may have fewer than 2`
}

func viaMethod(line string) string {
	var p b.Parser
	return p.Words(line)[0] // want `fewer than 1`
}

func pairTooFar(s string) string {
	p, err := b.Pair(s)
	if err != nil {
		return ""
	}
	return p[2] // want `p may have fewer than 3`
}

func second(parts []string) string {
	return parts[1] // want `parts may have fewer than 2`
}

func callsSecond(s string) string { return second(strings.Split(s, "/")) }

type point struct{ x, y byte }

func (p *point) UnmarshalBinary(data []byte) error {
	p.x = data[0] // want `data may have fewer than 1`
	p.y = data[1]
	return nil
}

func generic[T ~string](s T) string {
	return strings.Split(string(s), ",")[1] // want `fewer than 2`
}

func glob() string {
	files, err := filepath.Glob("*.conf")
	if err != nil {
		return ""
	}
	return files[0] // want `files may have fewer than 1`
}

func emptyPart(list string) (flags int) {
	for _, p := range strings.Split(list, ",") {
		if p[0] == '-' { // want `p may have fewer than 1`
			flags++
		}
	}
	return flags
}

// The address is behind one byte of length, and the buffer is smaller.
func Address(conn io.Reader) (string, error) {
	buf := make([]byte, 32)
	n, err := conn.Read(buf)
	if err != nil {
		return "", err
	}
	l := int(buf[0])
	return string(buf[1:1+l]) + fmt.Sprint(n), nil // want `buf is sliced at 1 . l`
}

// Trailer cuts a checksum off that may not be there.
func Trailer(msg []byte) (body, mac []byte) {
	at := len(msg) - 10
	return msg[:at], msg[at:] // want `msg may be shorter than 10.*`
}

// HasPrefix compares with a prefix that may be longer.
func HasPrefix(key, prefix []byte, depth int) bool {
	rest := key[depth:]
	for i := range prefix {
		if rest[i] != prefix[i] { // want `shorter than what it is compared with`
			return false
		}
	}
	return true
}

// Kind reads from a datagram of any size into the buffer of the caller.
func Kind(pc net.PacketConn, buf []byte) (uint16, error) {
	n, _, err := pc.ReadFrom(buf)
	if err != nil {
		return 0, err
	}
	pkt := buf[:n]
	return binary.BigEndian.Uint16(pkt[2:4]), nil // want `pkt may be shorter than 4`
}

// The path is looked at by nobody.
func (s *api) unrouted(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, strings.Split(r.URL.Path, "/")[3]) // want `fewer than 4`
}

type api struct{}

func (s *api) mount(mux *http.ServeMux) { mux.HandleFunc("/", s.unrouted) }
