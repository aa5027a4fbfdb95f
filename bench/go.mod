module github.com/backstop-go/backstop/bench

go 1.26.0

require (
	github.com/DataDog/gostackparse v0.7.0
	github.com/backstop-go/backstop v0.0.0
	github.com/bugsnag/bugsnag-go/v2 v2.6.1
	github.com/getsentry/sentry-go v0.50.0
	github.com/maruel/panicparse/v2 v2.5.0
)

require (
	github.com/bugsnag/panicwrap v1.3.4 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/kardianos/osext v0.0.0-20190222173326-2bc1f35cddc0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/backstop-go/backstop => ../
