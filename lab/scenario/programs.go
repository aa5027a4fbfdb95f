package scenario

// Programs lists what the lab builds.
func Programs() []Program {
	return []Program{
		// The version of a service, as one sets it for a release: upgrade-service-version.
		{Name: "app", Dir: "app", Flags: []string{"-ldflags=-X=main.version=shop-1.4.0"}, Env: []string{"CGO_ENABLED=0"}},
		{Name: "initpanic", Dir: "initpanic", Env: []string{"CGO_ENABLED=0"}},
		{Name: "native", Dir: "native", Env: []string{"CGO_ENABLED=1"}, Needs: []Need{CC, CXX}},
		{Name: "load", Dir: "load", Env: []string{"CGO_ENABLED=0"}},
		{Name: "probe", Dir: "probe", Env: []string{"CGO_ENABLED=0"}},

		{Name: "checkptr", Dir: "checkptr", Flags: []string{"-gcflags=-d=checkptr"}, Env: []string{"CGO_ENABLED=0"}},
		{Name: "race", Dir: "race", Flags: []string{"-race"}, Env: []string{"CGO_ENABLED=1"}, Needs: []Need{CC}},
		{Name: "asan", Dir: "asan", Flags: []string{"-asan"}, Env: []string{"CGO_ENABLED=1"}, Needs: []Need{CC}},
		{Name: "arenas", Dir: "arenas", Env: []string{"CGO_ENABLED=0", "GOEXPERIMENT=arenas"}},
		{Name: "i386", Dir: "i386", Env: []string{"CGO_ENABLED=0", "GOARCH=386"}, Needs: []Need{I386}},
		{Name: "cshared", Dir: "cshared", Kind: CShared, Env: []string{"CGO_ENABLED=1"}, Needs: []Need{CC}},
		{Name: "secure", Dir: "secure", Kind: SetUIDs, Env: []string{"CGO_ENABLED=0"}, Needs: []Need{SetUID}},
		{Name: "gotest", Dir: "gotest", Kind: Test, Env: []string{"CGO_ENABLED=0"}},
	}
}
