// Package b has a key that others use.
package b

import "context"

type key string

// User is a key of a type that nobody else can make.
const User = key("user")

// With stores a string under User.
func With(ctx context.Context) context.Context { return context.WithValue(ctx, User, "me") }

// Name knows what With has stored.
func Name(ctx context.Context) string { return ctx.Value(User).(string) }
