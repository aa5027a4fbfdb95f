package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

func completionCommand() command {
	return command{
		name:    "completion",
		args:    "bash|zsh|fish",
		summary: "print a completion script for a shell",
		help: `
  source <(backstop completion bash)                # this shell
  backstop completion zsh  > "${fpath[1]}/_backstop"
  backstop completion fish > ~/.config/fish/completions/backstop.fish`,
		setup: func(*flag.FlagSet) runFunc {
			return func(_ context.Context, std stdio, args []string) error {
				if len(args) != 1 {
					return withHint(usageError("completion takes one shell"), "backstop completion bash|zsh|fish")
				}
				write, ok := map[string]func(io.Writer){"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[args[0]]
				if !ok {
					return withHint(usageError("no completion for %q", args[0]), "backstop completion bash|zsh|fish")
				}
				var script bytes.Buffer
				write(&script)
				if _, err := script.WriteTo(std.out); err != nil {
					return fmt.Errorf("write the script: %w", err)
				}
				return nil
			}
		},
	}
}

// flagNames lists the flags of a command as a user types them.
func (c command) flagNames() []string {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	if c.config {
		fs.String("config", "", "")
	}
	c.setup(fs)
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
	return names
}

// words lists what may stand in the first place behind a command: the first
// words of the alternatives in its usage, "create NAME | list". A command with
// one form only takes files or names of the user's.
func (c command) words() []string {
	var words []string
	for _, v := range c.verbs {
		words = append(words, v.name)
	}
	forms := strings.Split(c.args, "|")
	if len(forms) == 1 {
		return words
	}
	for _, form := range forms {
		if f := strings.Fields(form); len(f) > 0 {
			words = append(words, f[0])
		}
	}
	return words
}

// completed lists the commands and "help", which takes their names.
func completed() []command {
	all := commands()
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.name
	}
	return append(all, command{
		name:    "help",
		args:    strings.Join(names, "|"),
		summary: "explain a command",
		setup:   func(*flag.FlagSet) runFunc { return nil },
	})
}

// shellQuote quotes a text for bash, zsh and fish alike.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// bashCompletion works with bash 3.2 too, which macOS has: no mapfile. The
// words are separated by line ends, so that names of files may hold spaces.
func bashCompletion(w io.Writer) {
	fmt.Fprint(w, "_backstop() {\n\tlocal IFS=$'\\n' cur=${COMP_WORDS[COMP_CWORD]} words= files=-f verb\n\tCOMPREPLY=()\n")
	var names []string
	fmt.Fprint(w, "\tcase ${COMP_WORDS[1]} in\n")
	for _, c := range completed() {
		names = append(names, c.name)
		list, files := c.flagNames(), "-f"
		if words := c.words(); words != nil {
			list, files = append(words, list...), ""
		}
		fmt.Fprintf(w, "\t%s) words=%s files=%s\n", c.name, shellQuote(strings.Join(list, "\n")), files)
		if c.verbs != nil {
			fmt.Fprint(w, "\t\t[[ $COMP_CWORD -gt 2 ]] && for verb in \"${COMP_WORDS[@]:2:COMP_CWORD-2}\"; do\n\t\t\tcase $verb in\n")
			for _, v := range c.verbs {
				files := ""
				if v.files {
					files = "-f"
				}
				fmt.Fprintf(w, "\t\t\t%s) words=%s files=%s ;;\n", v.name, shellQuote(strings.Join(slices.Concat(v.words, c.flagNames()), "\n")), files)
			}
			fmt.Fprint(w, "\t\t\tesac\n\t\tdone\n")
		}
		fmt.Fprint(w, "\t\t;;\n")
	}
	fmt.Fprintf(w, "\tesac\n\t[[ $COMP_CWORD -eq 1 ]] && words=%s files=\n", shellQuote(strings.Join(names, "\n")))
	fmt.Fprint(w, "\tCOMPREPLY=($(compgen $files -W \"$words\" -- \"$cur\"))\n}\ncomplete -o filenames -F _backstop backstop\n")
}

func zshCompletion(w io.Writer) {
	fmt.Fprint(w, "#compdef backstop\nlocal -a names\nif (( CURRENT == 2 )); then\n\tnames=(\n")
	for _, c := range completed() {
		fmt.Fprintf(w, "\t\t%s\n", shellQuote(c.name+":"+c.summary))
	}
	fmt.Fprint(w, "\t)\n\t_describe command names\n\treturn\nfi\ncase $words[2] in\n")
	for _, c := range completed() {
		fmt.Fprintf(w, "%s) ", c.name)
		for _, v := range c.verbs {
			fmt.Fprintf(w, "if (( CURRENT > 3 )) && [[ $words[3] == %s ]]; then compadd -- %s", v.name, strings.Join(slices.Concat(v.words, c.flagNames()), " "))
			if v.files {
				fmt.Fprint(w, "; _files")
			}
			fmt.Fprint(w, "; return; fi\n\t")
		}
		fmt.Fprintf(w, "compadd -- %s", strings.Join(append(c.words(), c.flagNames()...), " "))
		if c.words() == nil {
			fmt.Fprint(w, "; _files")
		}
		fmt.Fprintln(w, " ;;")
	}
	fmt.Fprint(w, "esac\n")
}

func fishCompletion(w io.Writer) {
	for _, c := range completed() {
		fmt.Fprintf(w, "complete -c backstop -n __fish_use_subcommand -f -a %s -d %s\n", c.name, shellQuote(c.summary))
		seen := shellQuote("__fish_seen_subcommand_from " + c.name)
		if words := c.words(); words != nil {
			first := seen
			if c.verbs != nil {
				first = shellQuote("__fish_seen_subcommand_from " + c.name + "; and not __fish_seen_subcommand_from " + strings.Join(words, " "))
			}
			fmt.Fprintf(w, "complete -c backstop -n %s -f -a %s\n", first, shellQuote(strings.Join(words, " ")))
		}
		for _, v := range c.verbs {
			if !v.files {
				fmt.Fprintf(w, "complete -c backstop -n %s -f -a %s\n", shellQuote("__fish_seen_subcommand_from "+c.name+"; and __fish_seen_subcommand_from "+v.name), shellQuote(strings.Join(v.words, " ")))
			}
		}
		for _, f := range c.flagNames() {
			fmt.Fprintf(w, "complete -c backstop -n %s -o %s\n", seen, strings.TrimPrefix(f, "-"))
		}
	}
}
