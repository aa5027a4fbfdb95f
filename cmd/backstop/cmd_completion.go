package main

import (
	"context"
	"flag"
	"fmt"
	"io"
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
				write(std.out)
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

func bashCompletion(w io.Writer) {
	var names []string
	fmt.Fprint(w, "_backstop() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n\tcase ${COMP_WORDS[1]} in\n")
	for _, c := range commands() {
		names = append(names, c.name)
		fmt.Fprintf(w, "\t%s) [[ $COMP_CWORD -gt 1 ]] && COMPREPLY=($(compgen -f -W %q -- \"$cur\")) && return ;;\n", c.name, strings.Join(c.flagNames(), " "))
	}
	fmt.Fprintf(w, "\tesac\n\t[[ $COMP_CWORD -eq 1 ]] && COMPREPLY=($(compgen -W %q -- \"$cur\"))\n}\ncomplete -o filenames -F _backstop backstop\n", strings.Join(names, " "))
}

func zshCompletion(w io.Writer) {
	fmt.Fprint(w, "#compdef backstop\nlocal -a names\nif (( CURRENT == 2 )); then\n\tnames=(\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "\t\t'%s:%s'\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\t)\n\t_describe command names\n\treturn\nfi\ncase $words[2] in\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "%s) compadd -- %s; _files ;;\n", c.name, strings.Join(c.flagNames(), " "))
	}
	fmt.Fprint(w, "esac\n")
}

func fishCompletion(w io.Writer) {
	for _, c := range commands() {
		fmt.Fprintf(w, "complete -c backstop -n __fish_use_subcommand -f -a %s -d '%s'\n", c.name, c.summary)
		for _, f := range c.flagNames() {
			fmt.Fprintf(w, "complete -c backstop -n '__fish_seen_subcommand_from %s' -o %s\n", c.name, strings.TrimPrefix(f, "-"))
		}
	}
}
