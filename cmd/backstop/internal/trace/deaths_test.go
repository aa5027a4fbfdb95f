package trace

import (
	"strings"
	"testing"

	"github.com/backstop-go/backstop/cmd/backstop/internal/trace/bpf"
)

// from makes a signal that of a sender.
func from(pid uint32, comm string) func(*bpf.Record) {
	return func(r *bpf.Record) { r.Peer, r.PeerComm = pid, comm }
}

func TestDeaths(t *testing.T) {
	for _, c := range []struct {
		name    string
		records func(g *rig) []*bpf.Record
		want    string
	}{
		{"fatal error", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.Fatal, site(6), func(r *bpf.Record) { r.Data = 1 }), g.at(bpf.Exit, code(2<<8))}
		}, `
		fatal fatal.concurrent_map_writes "concurrent map writes" at shop.race end 2
		`},
		{"two at once", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Fatal, site(6), func(r *bpf.Record) { r.Data = 1 }), g.at(bpf.Panic, site(1), typ(1), onG(3)),
				g.at(bpf.Uncaught, site(1), typ(1), onG(3)), g.at(bpf.Exit, code(2<<8)),
			}
		}, `
		fatal fatal.concurrent_map_writes "concurrent map writes" at shop.race end 2
		panic uncaught ` + nilDeref + ` end 2
		`},
		{"os.Exit", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.OSExit, site(7), code(3)), g.at(bpf.Exit, code(3<<8))}
		}, `
		exit exit.os_exit "exit status 3" at main.main end 3
		`},
		{"os.Exit(0)", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.OSExit, site(7), code(0)), g.at(bpf.Exit, code(0))}
		}, `
		exit at main.main end 0
		`},
		{"asked to stop", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Panic, site(1), typ(1)),
				g.at(bpf.Signal, code(15), from(812, "sh")), g.at(bpf.Exit, code(0)),
			}
		}, `
		exit end 0
		panic open ` + nilDeref + `
		`},
		{"SIGKILL", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Signal, code(15), from(1, "init")),
				g.at(bpf.Signal, code(9), from(812, "sh")), g.at(bpf.Exit, code(9)),
			}
		}, `
		kill kill.sigkill "killed by SIGKILL from pid 812 sh (uid 0)" end -1SIGKILL by pid 812 sh (uid 0)
		`},
		{"SIGTERM, raised again by the runtime", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Signal, code(15), from(812, "sh")),
				g.at(bpf.Signal, code(15), from(7, "shop")), g.at(bpf.Exit, code(15)),
			}
		}, `
		kill kill.sigterm "killed by SIGTERM from pid 812 sh (uid 0)" end -1SIGTERM by pid 812 sh (uid 0)
		`},
		{"OOM", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.OOM, func(r *bpf.Record) { r.Peer, r.PeerComm = 9, "hog" }),
				g.at(bpf.Signal, code(9), func(r *bpf.Record) { r.SigCode = 128 }), g.at(bpf.Exit, code(9)),
			}
		}, `
		kill kill.oom "killed by the kernel's OOM killer when pid 9 hog asked for memory" end -1SIGKILL by pid 9 hog
		`},
		{"SIGQUIT, and another one while it prints", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Signal, code(15), from(1, "init")),
				g.at(bpf.Signal, code(3), from(812, "sh")),
				g.at(bpf.SignalDeath, site(6), code(3)),
				g.at(bpf.Signal, code(3), from(813, "bash")),
				g.at(bpf.Exit, code(2<<8)),
			}
		}, `
		signal signal.sigquit at shop.race end 2 by pid 812 sh (uid 0)
		`},
		{"SIGQUIT, and a crash on purpose with many threads", func(g *rig) []*bpf.Record {
			all := []*bpf.Record{g.at(bpf.Signal, code(3), from(812, "sh")), g.at(bpf.SignalDeath, site(6), code(3))}
			for range 2 * maxSignals {
				all = append(all, g.at(bpf.Signal, code(3), from(7, "shop")))
			}
			return append(all, g.at(bpf.Signal, code(6), from(7, "shop")), g.at(bpf.Exit, code(6|0x80)))
		}, `
		signal signal.sigquit at shop.race end -1SIGABRT by pid 812 sh (uid 0)
		`},
		{"SIGABRT of its own", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Signal, code(6), from(7, "shop")), g.at(bpf.SignalDeath, site(6), code(6)), g.at(bpf.Exit, code(2<<8)),
			}
		}, `
		signal signal.sigabrt at shop.race end 2 by pid 7 shop (uid 0)
		`},
		{"SIGSYS, from a filter of system calls", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Signal, code(31), func(r *bpf.Record) { r.SigCode = 1 }),
				g.at(bpf.SignalDeath, site(6), code(31)), g.at(bpf.Exit, code(2<<8)),
			}
		}, `
		signal signal.sigsys at shop.race end 2 by the kernel
		`},
		{"a timer of its own, while another process runs", func(g *rig) []*bpf.Record {
			return []*bpf.Record{
				g.at(bpf.Signal, code(15), from(9, "passer-by"), func(r *bpf.Record) { r.SigCode = -2 }), g.at(bpf.Exit, code(15)),
			}
		}, `
		kill kill.sigterm "killed by SIGTERM from the kernel" end -1SIGTERM by the kernel
		`},
		{"a signal of long ago", func(g *rig) []*bpf.Record {
			old := g.at(bpf.Signal, code(9), from(812, "sh"))
			g.now += 2 * recent
			return []*bpf.Record{old, g.at(bpf.Exit, code(9))}
		}, `
		kill kill.sigkill "killed by SIGKILL" end -1SIGKILL
		`},
		{"signal death", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.SignalDeath, site(6), code(3)), g.at(bpf.Exit, code(2<<8))}
		}, `
		signal signal.sigquit at shop.race end 2
		`},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRig()
			g.takeAll(c.records(g)...)
			check(t, g.finish(), strings.ReplaceAll(c.want, "\t\t", "\t"))
		})
	}
}

// Whoever stops a process or lets it go on does not ask it to end.
func TestAsked(t *testing.T) {
	for _, c := range []struct {
		name    string
		records func(g *rig) []*bpf.Record
		want    string // the signal and its sender; empty for none
	}{
		{"by SIGTERM, stopped later", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.Signal, code(15), from(812, "sh")), g.at(bpf.Signal, code(19), from(813, "gdb"))}
		}, "SIGTERM pid 812 sh (uid 0)"},
		{"stopped only", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.Signal, code(19), from(813, "gdb")), g.at(bpf.Signal, code(22), from(813, "gdb"))}
		}, ""},
		{"by itself", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.Signal, code(15), from(7, "shop"))}
		}, "SIGTERM pid 7 shop (uid 0)"},
		{"by others and itself", func(g *rig) []*bpf.Record {
			return []*bpf.Record{g.at(bpf.Signal, code(2), from(812, "sh")), g.at(bpf.Signal, code(15), from(7, "shop"))}
		}, "SIGINT pid 812 sh (uid 0)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRig()
			g.takeAll(append(c.records(g), g.at(bpf.Exit, code(0)))...)
			got := ""
			if asked := g.finish()[0].End.Asked; asked != nil {
				got = asked.Signal + " " + asked.By.String()
			}
			if got != c.want {
				t.Errorf("asked by %q, want %q", got, c.want)
			}
		})
	}
}
