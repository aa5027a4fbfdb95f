package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store/sqlite"
)

func projectCommand() command {
	return command{
		name:    "project",
		args:    "create NAME | list | revoke NAME",
		summary: "make, list and revoke the keys that senders of events need",
		config:  true,
		help: `
  backstop project create shop        # prints the key, once
  backstop project list
  backstop project revoke shop        # its key is refused from the next request on

It works on the data directory, whether "backstop serve" is running or not. Only
a hash of the key is kept. Once there is a project, every sender needs a key.`,
		setup: func(fs *flag.FlagSet) runFunc {
			data := fs.String("data", "", "the data `directory` of the collector (default: as for serve)")
			return func(ctx context.Context, std stdio, args []string) error {
				// Flags are welcome behind the words too: project create shop -data DIR.
				args, err := trailingFlags(fs, args)
				if err != nil {
					return err
				}
				return project(ctx, std, *data, args)
			}
		},
	}
}

func project(ctx context.Context, std stdio, data string, args []string) error {
	verb, name, err := projectWords(args)
	if err != nil {
		return err
	}
	dir, err := dataDir(data)
	if err != nil {
		return err
	}
	reg, err := sqlite.OpenRegistry(ctx, dir)
	if err != nil {
		return explainData(err, dir)
	}
	defer reg.Close()
	switch verb {
	case "create":
		key, err := reg.Create(ctx, name, time.Now())
		if errors.Is(err, store.ErrExists) {
			return withHint(err, "its key cannot be shown again; `backstop project list` lists the projects")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out, key)
		return err
	case "revoke":
		err := reg.Revoke(ctx, name, time.Now())
		if errors.Is(err, store.ErrNotFound) {
			return withHint(err, "`backstop project list -data %s` lists the projects", dir)
		}
		return err
	}
	return listProjects(ctx, std, reg)
}

func projectWords(args []string) (verb, name string, err error) {
	const hint = "backstop project create NAME | list | revoke NAME"
	if len(args) == 0 {
		return "", "", withHint(usageError("project needs to be told what to do"), hint)
	}
	verb = args[0]
	switch {
	case verb != "create" && verb != "list" && verb != "revoke":
		return "", "", withHint(usageError("unknown project command %q", verb), hint)
	case verb == "list" && len(args) == 1:
		return verb, "", nil
	case verb == "list" || len(args) != 2:
		return "", "", withHint(usageError("project %s takes %s", verb, map[string]string{"list": "no name", "create": "one name", "revoke": "one name"}[verb]), hint)
	}
	name = args[1]
	if name == "" || len(name) > 100 {
		return "", "", withHint(usageError("a project's name has 1 to 100 bytes"), hint)
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return "", "", withHint(usageError("a project's name has no control characters"), hint)
		}
	}
	return verb, name, nil
}

func listProjects(ctx context.Context, std stdio, reg *sqlite.Registry) error {
	list, err := reg.List(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(std.err, "no projects yet; `backstop project create NAME` makes one")
		return err
	}
	tw := tabwriter.NewWriter(std.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(tw, "PROJECT\tCREATED\tKEY")
	for _, p := range list {
		state := "valid"
		if !p.RevokedAt.IsZero() {
			state = "revoked " + p.RevokedAt.Format(time.DateTime)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", p.Name, p.CreatedAt.Format(time.DateTime), state)
	}
	return tw.Flush()
}
