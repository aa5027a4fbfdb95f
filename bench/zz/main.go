package main
import ("fmt";"io";"os";"runtime";"time";"syscall";"bytes"
"github.com/backstop-go/backstop/crash")
type rep struct{ head, body []byte; left int64; buf []byte }
func (r *rep) Read(p []byte)(int,error){ if len(r.buf)==0 { if r.left<=0 {return 0,io.EOF}; r.buf=r.body; r.left-=int64(len(r.body))}; n:=copy(p,r.buf); r.buf=r.buf[n:]; return n,nil }
func main(){
 b,_:=os.ReadFile(os.Args[1]); i:=bytes.Index(b,[]byte("\n\ngoroutine 2"))
 in:=&rep{body:append(b[i+2:], '\n'), left:1<<30, buf:b[:i+2]}
 r:=crash.NewReader(in); if len(os.Args)>2 { r.Parallel=func(n int,t func(int)){ done:=make(chan bool); for i:=0;i<n;i++ { go func(i int){ t(i); done<-true }(i)}; for i:=0;i<n;i++{<-done} } }
 t0:=time.Now(); n:=0
 for { rp,err:=r.Next(); if err!=nil {fmt.Println(err);break}; n++; fmt.Println(rp.Class, rp.GoroutineCount, len(rp.Goroutines), len(rp.Fold()), rp.Problems) }
 var u syscall.Rusage; syscall.Getrusage(0,&u); var m runtime.MemStats; runtime.ReadMemStats(&m)
 fmt.Println(n, time.Since(t0), "maxrss MB", u.Maxrss/1024, "cpu", time.Duration(u.Utime.Nano()+u.Stime.Nano()), m.NumGC)
}
