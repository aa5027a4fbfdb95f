package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
)

func completionScript(t *testing.T, shell string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"completion", shell}, stdio{strings.NewReader(""), &out, &errs}); code != exitOK {
		t.Fatalf("completion %s: status %d: %s", shell, code, errs.String())
	}
	return out.String()
}

// The script is loaded by bash, which is asked what it would offer.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		crashtest.Skip(t, "bash is not installed")
	}
	dir := t.TempDir()
	for _, name := range []string{"crash one.log", "crash.gz"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := completionScript(t, "bash")
	for line, want := range map[string]string{
		"backstop pa":                          "<parse>",
		"backstop he":                          "<help>",
		"backstop help pa":                     "<parse>",
		"backstop parse -f":                    "<-format>",
		"backstop parse cr":                    "<crash one.log><crash.gz>",
		"backstop completion z":                "<zsh>",
		"backstop project c":                   "<create>",
		"backstop project create -":            "<-config><-data>",
		"backstop nosuch zz":                   "",
		"backstop trace rep":                   "<report>",
		"backstop trace report cr":             "<crash one.log><crash.gz>",
		"backstop lab mat":                     "<matrix>",
		"backstop lab -go 1.26 mat":            "<matrix>",
		"backstop lab run send-cl":             "<send-closed-chan>",
		"backstop lab matrix fat":              "<fatal><fatal-while-panicking>",
		"backstop lab run -go 1.26 recover-by": "<recover-by-accident>",
		"backstop lab explain fat":             "<fatal-while-panicking>",
		"backstop lab claims A0-1-":            "<A0-1-a><A0-1-b><A0-1-c><A0-1-d><A0-1-e><A0-1-f><A0-1-g><A0-1-h><A0-1-i><A0-1-j><A0-1-k>",
		"backstop lab experiment d":            "<death>",
		"backstop lab compat cr":               "<crash one.log><crash.gz>",
	} {
		cmd := exec.Command(bash, "--norc", "-uc", script+`
COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_backstop
[[ ${#COMPREPLY[@]} -eq 0 ]] || printf "<%s>" "${COMPREPLY[@]}" | sort`, "bash", line)
		cmd.Dir = dir
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		got := strings.ReplaceAll(strings.TrimSpace(string(out)), "<crash.gz><crash one.log>", "<crash one.log><crash.gz>")
		if err != nil || errs.Len() > 0 || got != want {
			t.Errorf("%q: offered %q, want %q; error %v %s", line, got, want, err, errs.String())
		}
	}
}

// The other shells check the syntax where they are installed.
func TestCompletionSyntax(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			script := completionScript(t, shell)
			for _, c := range commands() {
				if !strings.Contains(script, c.name) {
					t.Errorf("no command %s", c.name)
				}
			}
			path, err := exec.LookPath(shell)
			if err != nil {
				crashtest.Skip(t, "%s is not installed: the syntax of its script is not checked", shell)
			}
			cmd := exec.Command(path, "-n")
			cmd.Stdin = strings.NewReader(script)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s -n: %v\n%s", shell, err, out)
			}
		})
	}
}
