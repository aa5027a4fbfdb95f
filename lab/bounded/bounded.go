// Package bounded is what the lab's runner and its launcher tell each other.
package bounded

// A Spec says what to run, and within which bounds.
type Spec struct {
	Argv        []string `json:"argv"`
	Env         []string `json:"env"`
	Dir         string   `json:"dir"`
	Stdout      string   `json:"stdout"` // a file, or a scenario.Stream
	Stderr      string   `json:"stderr"` // the same
	Marks       string   `json:"marks"`
	CrashOutput string   `json:"crash_output"`
	UID         uint32   `json:"uid"` // 0: as we are
	Wait        int64    `json:"wait_ms"`
	// Limits and cgroups are entered by a shell, which becomes the program.
	AddressSpace uint64   `json:"address_space"` // bytes
	CPU          uint64   `json:"cpu"`           // seconds
	FileSize     uint64   `json:"file_size"`     // bytes
	Cgroups      []string `json:"cgroups"`       // files that take a process id
}

// A Result says how it ended. Times are in microseconds, memory in bytes.
type Result struct {
	Exit    *int `json:"exit"`    // null when a signal ended it
	Signal  int  `json:"signal"`  // 0 when none did
	Stopped bool `json:"stopped"` // by a signal, and then killed
	Hung    bool `json:"hung"`    // at the end of the wait, and then killed
	// NotStarted: a limit could not be set, a cgroup not be entered, or the program
	// not be started. Standard error says why, and nothing else is to be believed.
	NotStarted bool `json:"not_started,omitempty"`

	Memory int64  `json:"memory"` // largest resident set
	User   int64  `json:"user_us"`
	System int64  `json:"system_us"`
	Began  int64  `json:"began_us"` // since 1970
	Wall   int64  `json:"wall_us"`
	Error  string `json:"error,omitempty"` // it was not run
}
