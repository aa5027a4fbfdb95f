package scenario

// Programs lists what the lab builds.
func Programs() []Program {
	return []Program{
		{Name: "app", Dir: "app", Env: []string{"CGO_ENABLED=0"}},
		{Name: "initpanic", Dir: "initpanic", Env: []string{"CGO_ENABLED=0"}},
		{Name: "native", Dir: "native", Env: []string{"CGO_ENABLED=1"}, Needs: []Need{CC, CXX}},
		{Name: "load", Dir: "load", Env: []string{"CGO_ENABLED=0"}},
		{Name: "probe", Dir: "probe", Env: []string{"CGO_ENABLED=0"}},
	}
}
